// SPDX-License-Identifier: BSL-1.0
#include <coil/process/mpi.hpp>

#include <coil/process/init.hpp>
#include <coil/process/mpi_wire.hpp>
#include <coil/process/rank_agent.hpp>
#include <coil/process/rank_relay.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/process/worker_main.hpp>
#include <coil/runtime/base/log.hpp>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace coil::process {

namespace {

// The one relay of the process; made when it is first needed, ended with the process.
class mpi_job {
public:
    static mpi_job& instance() {
        static mpi_job* const one = new mpi_job;
        return *one;
    }
    rank_relay& relay() {
        const std::scoped_lock guard(lock_);
        if (ended_) throw std::logic_error("process::pool over MPI: the program is ending");
        if (!relay_) {
            relay_ = std::make_unique<rank_relay>([] { return begin_mpi(false); });
            std::atexit([] { instance().end(); });
        }
        return *relay_;
    }

private:
    void end() noexcept {
        rank_relay* last = nullptr;
        {
            const std::scoped_lock guard(lock_);
            ended_ = true;
            last = relay_.get();  // it stays: a pool of another thread may still call it
        }
        if (last) last->end();
    }
    std::mutex lock_;
    std::unique_ptr<rank_relay> relay_;  // guarded by lock_
    bool ended_ = false;
};

class mpi_source final : public worker_source {
public:
    explicit constexpr mpi_source(bool spawns) noexcept : spawns_(spawns) {}

    std::size_t usual() const override { return mpi_job::instance().relay().size(); }
    std::size_t most_at_once() const override { return static_cast<std::size_t>(-1); }  // another machine's affair
    void prepare(std::size_t workers) const override {
        require_init();
        if (spawns_ && workers == 0)
            throw std::invalid_argument("process::pool over MPI: how many ranks are to be spawned?");
        rank_relay& r = mpi_job::instance().relay();
        if (spawns_) {
            r.grow_to(workers);
        } else if (r.size() == 0) {
            throw std::runtime_error("process::pool over MPI: there is no other rank: start the program by "
                                     "`mpirun -n 5 ...`, or have ranks spawned (.over = coil::process::mpi_spawned)");
        }
    }
    std::shared_ptr<hired_worker> hire(worker_request r) const override {
        return mpi_job::instance().relay().hire(std::move(r));
    }

private:
    bool spawns_;
};

constinit const mpi_source over_ranks{false};
constinit const mpi_source over_spawned{true};

int serve_as_mpi_rank(bool was_spawned) {
    const int rank = rank_by_environment();
    if (!was_spawned && rank < 0) return -1;
    if (!was_spawned && rank == 0) {
        (void)mpi_job::instance().relay();  // the others wait in MPI_Init for this
        return -1;
    }
    show_name("rank");
    const auto to_first = begin_mpi(was_spawned);
    return serve_as_rank(*to_first);
}

[[maybe_unused]] const bool is_known_to_init = [] {
    set_other_service(&serve_as_mpi_rank);
    return true;
}();

}  // namespace

const worker_source* const mpi = &over_ranks;
const worker_source* const mpi_spawned = &over_spawned;

}  // namespace coil::process

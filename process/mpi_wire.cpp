// SPDX-License-Identifier: BSL-1.0
#include <coil/process/mpi_wire.hpp>

#include <coil/process/init.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/process/worker_main.hpp>

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace coil::process {

namespace {

constexpr int tag = 7;
constexpr nanoseconds patience_at_the_end{2'000'000'000};

std::string text_of_error(int code, const char* what) {
    std::string text(MPI_MAX_ERROR_STRING, '\0');
    int size = 0;
    MPI_Error_string(code, text.data(), &size);
    text.resize(static_cast<std::size_t>(size));
    return "MPI: " + std::string(what) + ": " + text;
}

void check(int code, const char* what) {
    if (code != MPI_SUCCESS) throw std::runtime_error(text_of_error(code, what));
}

class mpi_wire final : public wire {
public:
    explicit mpi_wire(bool was_spawned) {
        int level = 0;
        check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level), "MPI_Init_thread");
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
        MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
        if (was_spawned) {
            MPI_Comm parent = MPI_COMM_NULL;
            check(MPI_Comm_get_parent(&parent), "MPI_Comm_get_parent");
            if (parent == MPI_COMM_NULL) throw std::runtime_error("MPI: nobody has spawned this process");
            add(parent, 0, 1, 0);
            return;
        }
        int rank = 0, size = 0;
        check(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
        check(MPI_Comm_size(MPI_COMM_WORLD, &size), "MPI_Comm_size");
        if (rank == 0) add(MPI_COMM_WORLD, 1, size - 1, 1);
        else add(MPI_COMM_WORLD, 0, 1, 0);
    }

    unsigned size() const noexcept override { return static_cast<unsigned>(peers_.size()); }
    std::string name_of(unsigned peer) const override { return "rank " + std::to_string(peers_[peer].shown); }

    void grow(unsigned how_many) override {
        const auto& program = program_arguments();
        std::string mark(worker_mark), kind(rank_worker), name("rank");
        char* arguments[] = {mark.data(), kind.data(), name.data(), nullptr};
        MPI_Comm children = MPI_COMM_NULL;
        std::vector<int> codes(how_many);
        // A name without a directory is looked up as the shell did it; Open MPI does so too.
        check(MPI_Comm_spawn(program.at(0).c_str(), arguments, static_cast<int>(how_many), MPI_INFO_NULL, 0, MPI_COMM_SELF,
                             &children, codes.data()),
              "MPI_Comm_spawn");
        add(children, 0, static_cast<int>(how_many), static_cast<int>(peers_.size()) + 1);
    }

    void send(unsigned peer, std::vector<std::byte>&& message) override {
        peer_state& p = peers_[peer];
        if (p.is_given_up) return;
        if (!p.trouble.empty()) throw std::runtime_error(p.trouble);
        sends_.emplace_back();
        auto& s = sends_.back();
        s.peer = peer;
        s.bytes = std::move(message);
        const int code = MPI_Isend(s.bytes.data(), static_cast<int>(s.bytes.size()), MPI_BYTE, p.rank, tag, p.job, &s.request);
        if (code == MPI_SUCCESS) return;
        sends_.pop_back();
        check(code, "MPI_Isend");
    }

    bool receive(unsigned& peer, std::vector<std::byte>& message) override {
        end_sends();
        for (const MPI_Comm job : jobs_) begin_receives(job);
        for (unsigned i = 0; i < peers_.size(); ++i) {
            auto& coming = peers_[i].coming;
            if (!peers_[i].trouble.empty() || coming.empty() || !is_done(coming.front(), i)) continue;
            peer = i;
            message = std::move(coming.front().bytes);
            coming.pop_front();
            return true;
        }
        return false;
    }

    bool is_carrying() const noexcept override {
        return !sends_.empty() || std::any_of(peers_.begin(), peers_.end(), [](const peer_state& p) {
            return !p.coming.empty() && p.trouble.empty() && !p.is_given_up;
        });
    }

    void give_up(unsigned peer) noexcept override {
        peers_[peer].is_given_up = true;
        // MPI may look at their bytes as long as it is called.
        for (auto at = sends_.begin(); at != sends_.end();) {
            const auto next = std::next(at);
            if (at->peer == peer) abandoned_.splice(abandoned_.end(), sends_, at);
            at = next;
        }
    }

    void close(bool everybody) noexcept override {
        try {
            const time_point until = thread_now() + patience_at_the_end;
            std::vector<bool> readable;
            while (!sends_.empty() && thread_now() < until) {
                end_sends();
                if (!sends_.empty()) wait_for_any({}, readable, nanoseconds(200'000));
            }
            // It waits for all; with one of them dead that would be for ever.
            if (!everybody || !sends_.empty()) return;
            for (MPI_Comm& job : jobs_)
                if (job != MPI_COMM_WORLD) MPI_Comm_disconnect(&job);
            MPI_Finalize();
        } catch (const std::exception&) {  // the job ends without it
        }
    }

private:
    struct transfer {
        std::vector<std::byte> bytes;
        MPI_Request request = MPI_REQUEST_NULL;
        unsigned peer = 0;
    };
    struct peer_state {
        MPI_Comm job;
        int rank;   // in it
        int shown;  // as a person counts them
        bool is_given_up = false;
        std::string trouble;          // who says something to it is told
        std::deque<transfer> coming;  // in their order
    };

    bool is_done(transfer& t, unsigned peer) {
        int done = 0;
        const int code = MPI_Test(&t.request, &done, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS) peers_[peer].trouble = text_of_error(code, "a transfer");
        return code == MPI_SUCCESS && done != 0;
    }
    void end_sends() {
        std::erase_if(sends_, [this](transfer& s) { return peers_[s.peer].trouble.empty() && is_done(s, s.peer); });
    }

    void add(MPI_Comm job, int first, int count, int shown) {
        MPI_Comm_set_errhandler(job, MPI_ERRORS_RETURN);
        jobs_.push_back(job);
        for (int i = 0; i < count; ++i) peers_.push_back({job, first + i, shown + i, false, {}, {}});
    }

    // A long message is not waited for either: its sender might die in the middle.
    void begin_receives(MPI_Comm job) {
        for (int i = 0; i < 64; ++i) {
            int there = 0;
            MPI_Message m = MPI_MESSAGE_NULL;
            MPI_Status status;
            if (const int code = MPI_Improbe(MPI_ANY_SOURCE, tag, job, &there, &m, &status); code != MPI_SUCCESS) {
                for (peer_state& p : peers_)
                    if (p.job == job && p.trouble.empty()) p.trouble = text_of_error(code, "MPI_Improbe");
                return;
            }
            if (there == 0) return;
            int size = 0;
            MPI_Get_count(&status, MPI_BYTE, &size);
            const auto whose = std::find_if(peers_.begin(), peers_.end(), [&](const peer_state& p) {
                return p.job == job && p.rank == status.MPI_SOURCE;
            });
            if (whose == peers_.end()) throw std::runtime_error("MPI: a message of a stranger");
            whose->coming.emplace_back();
            auto& t = whose->coming.back();
            t.bytes.resize(static_cast<std::size_t>(size));
            if (const int code = MPI_Imrecv(t.bytes.data(), size, MPI_BYTE, &m, &t.request); code != MPI_SUCCESS)
                whose->trouble = text_of_error(code, "MPI_Imrecv");
        }
    }

    std::vector<MPI_Comm> jobs_;
    // MPI knows where the bytes of a transfer lie, so none of these may move.
    std::deque<peer_state> peers_;
    std::list<transfer> sends_;
    std::list<transfer> abandoned_;
};

}  // namespace

std::unique_ptr<wire> begin_mpi(bool was_spawned) { return std::make_unique<mpi_wire>(was_spawned); }

int rank_by_environment() noexcept {
    for (const char* const name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"})
        if (const char* const text = std::getenv(name)) return std::atoi(text);
    return -1;
}

}  // namespace coil::process

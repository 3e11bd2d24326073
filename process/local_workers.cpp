// SPDX-License-Identifier: BSL-1.0
// Workers of this machine.
#include <coil/process/init.hpp>
#include <coil/process/keeper.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/process/worker_main.hpp>
#include <coil/process/worker_source.hpp>

#include <coil/runtime/sched/machine.hpp>

#include <utility>

namespace coil::process {

namespace {

class local_worker final : public hired_worker {
public:
    explicit local_worker(worker_request&& r) : memory_(std::move(r.memory)), sockets_(make_socket_pair()) {
        worker_process& w = *process_;
        w.arguments = {std::string(worker_mark), std::string(pool_worker), r.name};
        w.descriptors = {lifeline(), sockets_.theirs.number(), memory_->fd(), r.bell};
    }
    void start(const std::shared_ptr<local_worker>& self, const std::function<void(int, const child_end&)>& gone) {
        process_->started = [self, gone](int error) {
            self->sockets_.theirs.reset();  // so that its death is the end of the stream
            if (error != 0) gone(error, {.how = child_end::kind::unknown});
        };
        process_->ended = [gone](const child_end& end) { gone(0, end); };
        try {
            start_worker(process_);
        } catch (...) {
            process_->started = nullptr;
            process_->ended = nullptr;
            throw;
        }
    }

    bool send(int signal) noexcept override { return process_->send(signal); }
    int pid() const noexcept override { return process_->pid(); }
    void wake() noexcept override { wake_sleeper(words_in(*memory_).worker_sleeps); }
    bool pass(std::span<const int> numbers) override { return send_numbers(sockets_.ours.number(), numbers, false); }
    std::vector<ring::descriptor> receive(std::size_t count) override {
        return receive_numbers(sockets_.ours.number(), count);
    }
    std::string fate(const child_end& end) const override {
        return "(pid " + std::to_string(pid()) + ") " + text_of(end);
    }

private:
    const std::shared_ptr<const shared_mapping> memory_;
    socket_pair sockets_;
    std::shared_ptr<worker_process> process_ = std::make_shared<worker_process>();
};

class local_source final : public worker_source {
public:
    std::size_t usual() const override { return machine::concurrency(); }
    std::size_t most_at_once() const override { return machine::concurrency(); }
    void prepare(std::size_t) const override { require_init(); }
    std::shared_ptr<hired_worker> hire(worker_request r) const override {
        const auto gone = std::move(r.gone);
        const auto w = std::make_shared<local_worker>(std::move(r));
        w->start(w, gone);
        return w;
    }
};

}  // namespace

const worker_source& this_machine() noexcept {
    static const local_source one;
    return one;
}

}  // namespace coil::process

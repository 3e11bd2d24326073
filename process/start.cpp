// SPDX-License-Identifier: BSL-1.0
#include <coil/process/start.hpp>

#include <coil/process/clone.hpp>
#include <coil/process/keeper.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/process/worker_main.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/errors.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace coil::process {

/// Is what the handle, the task that watches and the keeper know of a process.
class started_worker {
public:
    explicit started_worker(std::string n) : name(std::move(n)) {}

    void has_started(int error) noexcept {
        sockets.theirs.reset();
        passed.clear();
        start_error = error;
        announce(started);
        if (error != 0) announce(ended);
    }
    void has_ended() noexcept {
        // The report of an exception is of any size, so it lies where the arguments lay; one byte here says that it is whole.
        try {
            if (!drain_socket(sockets.ours.number()).empty()) report = read_memory_file(arguments.number());
        } catch (...) {
            unread = std::current_exception();
        }
        arguments.reset();
        announce(ended);
    }

    class happening {
        friend started_worker;
        bool is_past_ = false;
        std::vector<resolver<void>> waiting_;
    };
    task<> wait(happening& h) {
        co_await from_callback<void>([&](resolver<void> r) {
            const std::scoped_lock guard(lock_);
            if (h.is_past_) r.set_value();
            else h.waiting_.push_back(std::move(r));
        });
    }
    worker_status status() const {
        const child_end e = process->end();
        const bool by_signal = e.how == child_end::kind::killed || e.how == child_end::kind::dumped_core;
        std::exception_ptr error = unread;
        if (!report.empty()) {
            try {
                decoder from(report);
                error = decode_exception(from);
            } catch (...) {
                error = std::current_exception();
            }
        }
        return worker_status(e.how == child_end::kind::exited ? e.number : 1, by_signal ? e.number : 0, error);
    }

    const std::string name;
    std::shared_ptr<worker_process> process = std::make_shared<worker_process>();
    socket_pair sockets;
    ring::descriptor arguments;  // a file in memory, which the process keeps open
    std::vector<ring::descriptor> passed;
    int start_error = 0;
    std::vector<std::byte> report;  // of the exception that ended it; written before `ended` is
    std::exception_ptr unread;      // why there is none, though one was written
    happening started, ended;

private:
    void announce(happening& h) noexcept {
        std::vector<resolver<void>> all;
        {
            const std::scoped_lock guard(lock_);
            h.is_past_ = true;
            all.swap(h.waiting_);
        }
        for (const auto& r : all) r.set_value();
    }
    std::mutex lock_;
};

namespace {

constexpr auto patience_with_a_daemon = std::chrono::seconds(1);

void write_arguments(started_worker& s, start_request& r) {
    s.passed = r.message.take_descriptors();
    encoder front;
    front.value(r.function->key());
    encode(front, r.yields_code);
    front.value(static_cast<std::uint32_t>(s.passed.size()));
    front.bytes(r.message.message());
    s.arguments = make_memory_file(front.message());
}

task<> end_it(std::shared_ptr<started_worker> s) {
    s->process->send(SIGTERM);
    co_await move_on_after(patience_with_a_daemon, s->wait(s->ended));
    s->process->send(SIGKILL);
    co_await s->wait(s->ended);
}

// Lives in the run for the process: keeps it alive, or is stopped at its end.
task<> watch(std::shared_ptr<started_worker> s) {
    bool stopped = false;
    try {
        co_await s->wait(s->ended);
    } catch (const cancelled&) {
        stopped = true;
    }
    if (!stopped) co_return;
    co_await shield(end_it(s));
    throw cancelled();
}

}  // namespace

task<worker> start_process(start_request r) {
    static std::atomic<unsigned> number{0};
    const auto name = r.name.empty() ? "worker-" + std::to_string(++number) : r.name;
    const auto s = std::make_shared<started_worker>(name);
    s->sockets = make_socket_pair();
    write_arguments(*s, r);
    worker_process& w = *s->process;
    w.arguments = {std::string(worker_mark), std::string(started_kind), name};
    w.descriptors = {lifeline(), s->sockets.theirs.number(), s->arguments.number(), null_device};
    for (const auto& d : s->passed) w.descriptors.push_back(d.number());
    w.started = [s](int error) { s->has_started(error); };
    w.ended = [s](const child_end&) { s->has_ended(); };
    try {
        start_worker(s->process);
    } catch (...) {
        w.started = nullptr;  // they hold what holds them
        w.ended = nullptr;
        throw;
    }
    bool stopped = false;
    try {
        co_await s->wait(s->started);
    } catch (const cancelled&) {
        stopped = true;
    }
    if (stopped) {
        s->process->send(SIGKILL);
        co_await shield(s->wait(s->ended));
        throw cancelled();
    }
    if (s->start_error != 0) throw_errno(s->start_error, "start", "worker " + name);
    (void)spawn(watch(s), {.name = name, .daemon = r.daemon});
    co_return worker(s);
}

const std::string& worker::name() const noexcept { return state_->name; }
int worker::pid() const noexcept { return state_->process->pid(); }
bool worker::alive() const noexcept { return state_->process->alive(); }
bool worker::terminate() noexcept { return send_signal(SIGTERM); }
bool worker::kill() noexcept { return send_signal(SIGKILL); }
bool worker::send_signal(int number) noexcept { return state_->process->send(number); }

task<worker_status> worker::join() {
    const auto s = state_;
    co_await s->wait(s->ended);
    co_return s->status();
}

}  // namespace coil::process

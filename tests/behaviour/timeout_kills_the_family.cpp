// SPDX-License-Identifier: BSL-1.0
// A shell that began others is cut short: by its own deadline, by one around it, by a stop of its task, by the end of its
// scope, by an exception that passes its handle. Afterwards nobody of its group lives, and nobody is a zombie of ours.
#include "bad_day.hpp"
#include "children_of_this.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace bad_day;
using namespace std::chrono_literals;
namespace process = coil::process;

// The family, which first tells its group's number on descriptor 3; one member does not listen to SIGTERM.
const char* const family = "echo $$ >&3; exec 3>&-; sleep 1000 & (trap '' TERM; sleep 1000) & sleep 1000";

class told {
public:
    told() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) std::abort();
        also_.push_back({ends_[1], 3});
    }
    told(const told&) = delete;
    told& operator=(const told&) = delete;
    ~told() {
        for (const int fd : ends_)
            ::close(fd);
    }
    const std::vector<process::descriptor_move>& also() const { return also_; }
    coil::task<int> group() {
        std::array<char, 32> text{};
        auto from = coil::fd_stream::borrow(ends_[0]);
        const std::size_t n = co_await from.read(text);
        co_return std::stoi(std::string(text.data(), n));
    }

private:
    std::array<int, 2> ends_{};
    std::vector<process::descriptor_move> also_;
};

coil::task<> gone(int group, const char* how) {
    co_await until([group] { return group_is_gone(group) && has_no_children(); });
    expect(true, how);
}

coil::task<> by_deadline() {
    std::string out;
    for (auto limit = 100ms; out.empty(); limit *= 2) {
        try {
            co_await process::run({"sh", "-c", "exec 3>&1; echo $$ >&3; sleep 1000 & sleep 1000"},
                                  {.capture = true, .timeout = limit, .grace = 100ms});
        } catch (const process::timed_out& e) {
            out = e.out();
        }
    }
    expect(has_no_children(), "run has waited for whom it killed");
    co_await gone(std::stoi(out), "its own deadline");
}

coil::task<> by_stop(bool from_outside) {
    told t;
    auto h = coil::spawn(coil::timeout(1h, process::run({"sh", "-c", family}, {.grace = 10ms, .descriptors = t.also()})));
    const int group = co_await t.group();
    if (from_outside) {
        h.cancel();
        co_await h.join_for(1h);
    } else {
        // the scope's other task fails
        bool failed = false;
        try {
            co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
                s.spawn([](auto& handle) -> coil::task<> {
                    handle.cancel();
                    co_await handle.join_for(1h);
                    throw std::runtime_error("enough");
                }(h));
                co_return;
            });
        } catch (const std::runtime_error&) {
            failed = true;
        }
        expect(failed, "the scope tells why it ended");
    }
    co_await gone(group, "a stop");
}

coil::task<> by_exception() {
    told t;
    int group = -1;
    try {
        const process::child c = co_await process::spawn({"sh", "-c", family}, {.descriptors = t.also()});
        group = co_await t.group();
        throw std::runtime_error("enough");
    } catch (const std::runtime_error&) {
    }
    co_await gone(group, "an exception");
}

coil::task<> all(long rounds) {
    for (long i = 0; i != rounds; ++i) {
        co_await by_deadline();
        co_await by_stop(true);
        co_await by_stop(false);
        co_await by_exception();
    }
}

}  // namespace

int main(int argc, char** argv) {
    const watchdog w;
    coil::run(all(is_full(argc, argv) ? 50 : 2));
    return verdict();
}

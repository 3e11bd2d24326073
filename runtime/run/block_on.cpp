// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/block_on.hpp>

#include <coil/runtime/base/parker.hpp>

namespace coil {

namespace {

// A plain thread as the home of one wait: what is posted to it wakes it.
class thread_home final : public executor {
public:
    void post(node&) noexcept override { parker_.unpark(); }
    void post(node_list&& batch) noexcept override {
        batch.clear();
        parker_.unpark();
    }
    void arm(timer_ref) noexcept override {}
    bool disarm(timer_ref) noexcept override { return true; }
    time_point now() noexcept override { return {}; }
    bool wants_turn() noexcept override { return false; }
    void park() noexcept { parker_.park(); }

private:
    parker parker_;
};

class thread_wait : public wait {
public:
    thread_wait() noexcept : wait(table) {}

private:
    static constexpr wait_table table = {[](wait&) noexcept { return false; }, nullptr,
                                         [](const wait&, std::string& text) { text.append("a thread in block_on"); }};
};

}  // namespace

void join_blocking(task_record& r) noexcept {
    thread_home home;
    branch line;
    line.home = &home;
    thread_wait w;
    w.attach(line);
    if (!r.set_joiner(w)) return;
    // Until we are woken, not until the task has ended: it ends before it wakes us, and until then uses `w` and `home`.
    home.park();
}

}  // namespace coil

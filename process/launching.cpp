// SPDX-License-Identifier: BSL-1.0
#include <coil/process/launching.hpp>

#include <coil/process/clone.hpp>
#include <coil/process/nursery.hpp>
#include <coil/runtime/async/offload.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/futex_operation.hpp>

#include <cerrno>
#include <coroutine>
#include <exception>

namespace coil::process {

namespace {

struct beginning {
    void operator()() const { child->begin(); }
    birth* child;
};

class in_nursery : public offload<beginning&> {
public:
    explicit in_nursery(beginning& b) : offload(b) {}
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
        return enter(h, [this] {
            try {
                nursery::of_process().submit(call_);
                return true;
            } catch (...) {
                refused_ = std::current_exception();
                return false;
            }
        }) ? std::noop_coroutine() : h;
    }
    void await_resume() {
        if (refused_) std::rethrow_exception(refused_);
        take();
    }

private:
    std::exception_ptr refused_;
};

// Waits until a child is no more on its way.
class arrival : public ring::futex_operation {
public:
    explicit arrival(const birth& b, place where = place::current()) noexcept : futex_operation(kind, where), child_(&b) {
        watch(b.on_its_way(), 1);
    }
    bool await_ready() { return refused() || child_->is_over(); }
    void await_resume() {
        const int r = futex_operation::await_resume();
        if (!child_->is_over()) throw_errno(r < 0 ? -r : ECANCELED, "wait for an exec");
    }

private:
    static bool look(futex_operation& o) noexcept { return static_cast<arrival&>(o).child_->is_over(); }
    static constexpr ring::operation_table kind = kind_of_futex<&look>("exec");
    const birth* child_;
};

}  // namespace

task<launched> launch_child(const launch& what) {
    birth b(what);
    if (what.death_signal == 0) {
        b.begin();
    } else {
        beginning here{&b};
        co_await in_nursery(here);
    }
    bool stopped = false;
    try {
        co_await arrival(b);
    } catch (const cancelled&) {
        stopped = true;
    }
    if (stopped && !b.is_over()) {
        b.kill();
        co_await shield(arrival(b));
        throw cancelled();
    }
    co_return b.take();
}

}  // namespace coil::process

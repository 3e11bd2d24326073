// SPDX-License-Identifier: BSL-1.0
#include <coil/process/condition.hpp>

#include <coil/process/decoder.hpp>
#include <coil/process/patience.hpp>
#include <coil/runtime/async/finally.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>

#include <system_error>

namespace coil::process {

namespace {

const segment::shape shape{.kind = 6, .detail = 0, .locks = 0, .bells = 1, .payload = 64, .name = "process::condition"};

// Waits until the bell has rung.
class ring_await : public ring::futex_operation {
public:
    ring_await(bell b, std::uint32_t seen, place where) noexcept : futex_operation(table, where), bell_(b), seen_(seen) {}
    bool await_ready() { return refused() || look(*this); }
    void await_resume() {
        const int r = futex_operation::await_resume();
        if (r < 0) throw_errno(-r, "wait", "for a condition between processes");
    }

private:
    bool rung() noexcept { return (bell_.word().load(std::memory_order_acquire) | 1) != seen_; }
    static bool look(futex_operation& o) noexcept {
        auto& self = static_cast<ring_await&>(o);
        if (self.rung()) return true;
        self.watch(self.bell_.word(), self.seen_);
        return false;
    }
    static const ring::operation_table table;
    bell bell_;
    std::uint32_t seen_;
};
constinit const ring::operation_table ring_await::table =
    kind_of_futex<&ring_await::look>("condition between processes");

task<> wait_for_ring(bell b, std::uint32_t seen, place where) {
    co_await ring_await(b, seen, where);
}

task<> lock_again(mutex_core& m, mutex_guard& g, place where) {
    g = co_await m.lock(where);
}

mutex_core& locked(const mutex_guard& g, place where) {
    if (g.owner() == nullptr)
        misuse(std::errc::operation_not_permitted, "who waits for a condition holds its mutex", where);
    return *g.owner();
}

}  // namespace

condition::condition() : segment_(segment::make(shape)) {}
condition::condition(decoder& from) : segment_(segment::attach(from, shape)) {}

task<> condition::wait_once(condition& c, mutex_guard& g, place where) {
    mutex_core& m = locked(g, where);
    bell b = c.segment_->signal(0);
    // heard before the lock is open: what happens from then on rings
    const std::uint32_t seen = b.listen();
    c.segment_->notice_members();
    g.unlock(where);
    auto ring = wait_for_ring(b, seen, where);
    auto again = lock_again(m, g, where);
    co_await finally(std::move(ring), std::move(again));
}

void condition::wait_blocking(mutex_guard& g, place where) {
    mutex_core& m = locked(g, where);
    refuse_on_coil_thread("wait_blocking", where);
    bell b = segment_->signal(0);
    const std::uint32_t seen = b.listen();
    segment_->notice_members();
    g.unlock(where);
    while ((b.word().load(std::memory_order_acquire) | 1) == seen)
        futex::wait(b.word(), seen);
    g = m.lock_blocking(where);
}

void condition::notify_one() noexcept {
    segment_->signal(0).ring_one();
}
void condition::notify(unsigned most) noexcept {
    for (; most != 0; --most)
        notify_one();
}
void condition::notify_all() noexcept {
    segment_->signal(0).ring_all();
}

}  // namespace coil::process

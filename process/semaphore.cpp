// SPDX-License-Identifier: BSL-1.0
#include <coil/process/semaphore.hpp>

#include <coil/process/decoder.hpp>
#include <coil/process/patience.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace coil::process {

// All but `value` under the lock; `value` is written there.
struct semaphore_core::state {
    std::atomic<std::uint64_t> value;  // free permits: total less what the members hold
    std::uint64_t total;
    std::uint64_t most;
    std::uint32_t version;  // of the members, when value was last counted out
};

namespace {
segment::shape shape_of(std::uint32_t kind) noexcept {
    return {.kind = kind, .detail = 0, .locks = 1, .bells = 1, .payload = 64, .name = "process::semaphore"};
}
}  // namespace

semaphore_core::state& semaphore_core::of(segment& s) noexcept {
    static_assert(sizeof(state) <= 64);
    return *reinterpret_cast<state*>(s.payload());
}

semaphore_core::semaphore_core(std::uint32_t kind, count n) : segment_(segment::make(shape_of(kind))) {
    state& s = of(*segment_);
    s.value.store(n.value(), std::memory_order_relaxed);
    s.total = n.value();
    s.most = kind == bounded_semaphore::kind ? n.value() : std::numeric_limits<std::uint64_t>::max();
    s.version = segment_->version();
}

semaphore_core::semaphore_core(std::uint32_t kind, decoder& from) : segment_(segment::attach(from, shape_of(kind))) {}

// What a dead member held is free again, and what one left half done inside is counted out anew.
void semaphore_core::mend(segment& g, const segment::hold& inside) noexcept {
    state& s = of(g);
    const std::uint32_t version = g.version();
    if (!inside.after_death() && s.version == version) [[likely]]
        return;
    const std::uint64_t held = g.all(segment::permits);
    s.value.store(s.total - std::min(held, s.total), std::memory_order_seq_cst);
    s.version = version;
}

bool semaphore_core::take() noexcept {
    const segment::hold inside(*segment_, 0);
    mend(*segment_, inside);
    state& s = of(*segment_);
    const std::uint64_t n = s.value.load(std::memory_order_relaxed);
    if (n == 0) return false;
    // a death in between is mended by the next: the second counts
    s.value.store(n - 1, std::memory_order_relaxed);
    segment_->mine(segment::permits).fetch_add(1, std::memory_order_relaxed);
    return true;
}

void semaphore_core::give_back(segment& g, bool keeps) noexcept {
    {
        const segment::hold inside(g, 0);
        mend(g, inside);
        state& s = of(g);
        g.mine(segment::permits).fetch_sub(1, std::memory_order_relaxed);
        if (keeps) {
            --s.total;
            return;
        }
        s.value.store(s.value.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
    }
    g.signal(0).ring_one();
}

void permit::release() noexcept {
    if (!segment_) return;
    semaphore_core::give_back(*segment_, false);
    segment_.reset();
}

void permit::detach() noexcept {
    if (!segment_) return;
    semaphore_core::give_back(*segment_, true);
    segment_.reset();
}

std::optional<permit> semaphore_core::try_acquire() {
    segment_->notice_members();
    if (!take()) return std::nullopt;
    return permit(segment_.copy());
}

permit semaphore_core::acquire_blocking(place where) {
    const auto free = [this] { return available() != 0; };
    for (bool first = true; !take(); first = false) {
        if (first && spin(spins_of_thread(), free)) continue;
        refuse_on_coil_thread("acquire_blocking", where);
        const std::uint32_t seen = segment_->signal(0).listen();
        segment_->notice_members();
        if (take()) break;
        futex::wait(segment_->signal(0).word(), seen);
    }
    return permit(segment_.copy());
}

void semaphore_core::release(count n, place where) {
    {
        const segment::hold inside(*segment_, 0);
        mend(*segment_, inside);
        state& s = of(*segment_);
        if (n.value_or(1) > s.most - s.total)
            misuse("a bounded semaphore would have more permits than at first", where);
        s.total += n.value_or(1);
        s.value.store(s.value.load(std::memory_order_relaxed) + n.value_or(1), std::memory_order_seq_cst);
    }
    if (n.value_or(1) == 1) segment_->signal(0).ring_one();
    else segment_->signal(0).ring_all();
}

std::uint64_t semaphore_core::available() const noexcept {
    return of(*segment_).value.load(std::memory_order_seq_cst);
}

task<std::optional<permit>> semaphore_core::acquire_within(semaphore_core& s, nanoseconds d, place where) {
    auto got = co_await move_on_after(d, s.acquire(where), where);
    co_return got;
}

// ---- awaiting

constinit const ring::operation_table acquire_await::table = kind_of_futex<&acquire_await::look>("permit of a semaphore");

bool acquire_await::await_ready() {
    if (refused()) return true;
    if (semaphore_->take()) [[likely]]
        return taken_ = true;
    spin(spins_of_task(), [this] { return semaphore_->available() != 0; });
    return look(*this);
}

bool acquire_await::look(futex_operation& o) noexcept {
    auto& self = static_cast<acquire_await&>(o);
    segment& g = *self.semaphore_->segment_;
    if (self.semaphore_->take()) return self.taken_ = true;
    const std::uint32_t seen = g.signal(0).listen();
    g.notice_members();
    if (self.semaphore_->take()) return self.taken_ = true;
    self.watch(g.signal(0).word(), seen);
    return false;
}

permit acquire_await::await_resume() {
    const int r = futex_operation::await_resume();
    if (!taken_) throw_errno(r < 0 ? -r : ECANCELED, "acquire", "a semaphore between processes");
    return permit(semaphore_->segment_.copy());
}

}  // namespace coil::process

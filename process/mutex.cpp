// SPDX-License-Identifier: BSL-1.0
#include <coil/process/mutex.hpp>

#include <coil/process/decoder.hpp>
#include <coil/process/patience.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <cerrno>
#include <system_error>

namespace coil::process {

namespace {

constexpr std::uint64_t no_holder = 0;

segment::shape shape_of(std::uint32_t kind) noexcept {
    return {.kind = kind, .detail = 0, .locks = 1, .bells = 0, .payload = sizeof(mutex_core::state),
            .name = kind == mutex_core::kind_of_plain ? "process::mutex" : "process::recursive_mutex"};
}

std::uint64_t caller() noexcept {
    const void* const who = this_thread.current != nullptr ? static_cast<const void*>(this_thread.current)
                                                           : static_cast<const void*>(&this_thread);
    return reinterpret_cast<std::uintptr_t>(who);
}

[[noreturn]] void throw_owner_died() {
    throw std::system_error(std::make_error_code(std::errc::owner_dead),
                            "the owner of this mutex died, and what it guards may be half done");
}

}  // namespace

mutex_core::mutex_core(std::uint32_t kind)
    : segment_(segment::make(shape_of(kind))), recursive_(kind == kind_of_recursive) {}

mutex_core::mutex_core(std::uint32_t kind, decoder& from)
    : segment_(segment::attach(from, shape_of(kind))), recursive_(kind == kind_of_recursive) {}

// ---- state; what is not atomic belongs to the holder

bool mutex_core::mine() const noexcept {
    return word().owner() == segment_->me() && its().holder.load(std::memory_order_relaxed) == caller();
}
bool mutex_core::locked() const noexcept {
    return word().owner() != 0;
}
bool mutex_core::owner_died() const noexcept {
    return word().owner_died();
}
void mutex_core::adopt() noexcept {
    its().holder.store(caller(), std::memory_order_relaxed);
}
void mutex_core::require_mine(place where) const {
    if (!mine())
        misuse(std::errc::operation_not_permitted, "this mutex is not locked by the task or thread that unlocks it", where);
}

void mutex_core::entered(bool after_death) noexcept {
    state& s = its();
    s.holder.store(caller(), std::memory_order_relaxed);
    s.depth = 1;
    s.half_done = after_death ? 1 : 0;
}

mutex_core::answer mutex_core::take(bool mends, bool slept, std::uint32_t& seen) noexcept {
    segment_->notice_members();
    switch (word().take(segment_->me(), mends, slept, seen)) {
    case lock_word::answer::taken:
        entered(false);
        return answer::taken;
    case lock_word::answer::taken_after_death:
        entered(true);
        return answer::taken;
    case lock_word::answer::owner_died:
        return answer::owner_died;
    default:
        return answer::held;
    }
}

// True if the caller has it already and may enter once more.
bool mutex_core::enter_again(place where) {
    if (!mine()) return false;
    if (!recursive_)
        misuse(std::errc::resource_deadlock_would_occur, "this mutex is locked by the task or thread that locks it", where);
    ++its().depth;
    return true;
}

// Who waits for a lock of its own process waits for its own turn.
bool mutex_core::has_worth_a_spin() const noexcept {
    return word().owner() != segment_->me();
}

// ---- the calls

bool mutex_core::try_lock(place where) {
    if (word().try_take(segment_->me())) {
        entered(false);
        return true;
    }
    if (recursive_ && enter_again(where)) return true;
    segment_->notice_members();
    std::uint32_t seen = 0;
    const std::uint32_t v = word().word().load(std::memory_order_relaxed);
    if ((v & lock_word::owner_mask) != 0) return false;
    const answer a = take(false, false, seen);
    if (a == answer::owner_died) throw_owner_died();
    return a == answer::taken;
}

mutex_guard mutex_core::lock_blocking(place where) {
    return lock_thread(false, where);
}
mutex_guard mutex_core::recover_blocking(place where) {
    return lock_thread(true, where);
}

mutex_guard mutex_core::lock_thread(bool mends, place where) {
    if (word().try_take(segment_->me())) entered(false);
    else if (!enter_again(where)) {
        const auto free = [this] { return !locked(); };
        if (locked() && has_worth_a_spin()) spin(spins_of_thread(), free);
        if (locked()) refuse_on_coil_thread("lock_blocking", where);
        for (bool slept = false;; slept = true) {
            std::uint32_t seen = 0;
            const answer a = take(mends, slept, seen);
            if (a == answer::owner_died) throw_owner_died();
            if (a == answer::taken) break;
            futex::wait(word().word(), seen);
        }
    }
    return mutex_guard(*this);
}

void mutex_core::unlock(place where) {
    require_mine(where);
    release();
}

void mutex_core::release() noexcept {
    state& s = its();
    if (--s.depth != 0) return;
    const bool mended = s.half_done == 0;
    s.holder.store(no_holder, std::memory_order_relaxed);
    word().release(mended);
}

void mutex_core::consistent(place where) {
    require_mine(where);
    its().half_done = 0;
}

task<std::optional<mutex_guard>> mutex_core::lock_within(mutex_core& m, nanoseconds d, place where) {
    auto got = co_await move_on_after(d, m.lock(where), where);
    co_return got;
}

// ---- awaiting

constinit const ring::operation_table lock_await::table = kind_of_futex<&lock_await::look>("lock between processes");

bool lock_await::await_ready() {
    if (refused()) return true;
    mutex_core& m = *mutex_;
    if (m.word().try_take(m.segment_->me())) [[likely]] {
        m.entered(false);
        return at_once_ = true;
    }
    if (m.enter_again(where_)) return at_once_ = true;
    at_once_ = false;  // it may be awaited again
    if (m.has_worth_a_spin()) spin(spins_of_task(), [&m] { return !m.locked(); });
    return look(*this);
}

bool lock_await::look(futex_operation& o) noexcept {
    auto& self = static_cast<lock_await&>(o);
    mutex_core& m = *self.mutex_;
    std::uint32_t seen = 0;
    const auto a = m.take(self.mends_, self.slept_, seen);
    self.slept_ = true;
    self.taken_ = a == mutex_core::answer::taken;
    if (a != mutex_core::answer::held) return true;
    self.watch(m.word().word(), seen);
    return false;
}

mutex_guard lock_await::resume_after_wait() {
    const int r = futex_operation::await_resume();
    if (taken_) {
        mutex_->adopt();  // the loop's thread took it for this task
        return mutex_guard(*mutex_);
    }
    if (r < 0) throw_errno(-r, "lock", "a mutex between processes");
    throw_owner_died();
}

// ---- guards

mutex_guard::mutex_guard(mutex_guard&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {
    if (held_ != nullptr) held_->adopt();
}
mutex_guard& mutex_guard::operator=(mutex_guard&& other) noexcept {
    if (this != &other) {
        if (held_ != nullptr) held_->release();
        held_ = std::exchange(other.held_, nullptr);
        if (held_ != nullptr) held_->adopt();
    }
    return *this;
}
mutex_guard::~mutex_guard() {
    if (held_ != nullptr) held_->release();
}
void mutex_guard::unlock(place where) {
    if (held_ == nullptr) misuse(std::errc::operation_not_permitted, "this guard owns no lock", where);
    std::exchange(held_, nullptr)->release();
}

}  // namespace coil::process

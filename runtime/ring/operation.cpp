// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/operation.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/homecoming.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <cerrno>
#include <memory>
#include <system_error>

namespace coil::ring {

namespace {
constexpr int least_error = -511;  // below are numbers that the kernel does not show to programs, but for a ring's
}  // namespace

operation::operation(const operation_table& kind, descriptor& d, place where) noexcept
    : operation(kind, d.number(), where) {
    slot_ = d.slot_;
}

operation::operation(operation&& other) noexcept
    : wait(std::move(other)), fd_(other.fd_), slot_(other.slot_), where_(other.where_) {}

ring& operation::entries() const noexcept {
    return io_->entries;
}

void operation::let_go() noexcept {
    // Tried, and then not awaited after all.
    if (is_on_slot()) slot_->end(*this);
    if (is_odd(holds_slot)) slot_->drop();
    if (is_odd(no_entry)) std::destroy_at(&problem_);
}

std::span<const std::byte> operation::name_of_descriptor() const noexcept {
    // who does not hold it may find another's: a slot without a name is held by nobody
    return is_odd(holds_slot) ? slot_->name() : std::span<const std::byte>();
}

bool operation::refuse(int error) noexcept {
    if (refused()) return true;
    res_ = error;
    life_.store(life::done, std::memory_order_relaxed);
    if (slot_ != nullptr) slot_->hold_for(*this);
    return true;
}

void operation::keep_problem() noexcept {
    std::construct_at(&problem_, std::current_exception());
    mark(no_entry);
}

// ---- on the thread of the branch

inline try_history* operation::history_of_reads() const noexcept {
    const bool kept = slot_ != nullptr && kind().first == trial::off_loop && kind().need == purpose::reading;
    return kept ? &slot_->reads() : nullptr;
}

// Off the loop a try saves the way there and back. The operation stays on its slot if it has to suspend after all: the
// object may be destroyed meanwhile.
bool operation::attempt() {
    io_home* const here = this_io_home;
    try_history* history = nullptr;
    if (kind().first == trial::off_loop) {
        if (here != nullptr) return false;
        history = history_of_reads();
        if (history != nullptr && !history->worth_a_try()) return false;
    }
    io_ = here != nullptr ? here : &io_home_for(*owner());
    const bool begun = slot_ == nullptr || slot_->begin(*this, *io_);
    if (begun) {
        const long r = kind().attempt(*this, io_->entries);
        if (r == -EAGAIN) {
            if (history != nullptr) history->missed();
            return false;
        }
        if (history != nullptr) history->more_is_there();
        res_ = static_cast<std::int32_t>(r);
        if (slot_ != nullptr) slot_->end(*this);
    }
    life_.store(life::done, std::memory_order_relaxed);
    return true;
}

std::coroutine_handle<> operation::await_suspend(std::coroutine_handle<> h) noexcept {
    const life now = life_.load(std::memory_order_relaxed);
    io_home* const here = this_io_home;
    if (here == nullptr || slot_ != nullptr || now != life::idle) return suspend_with_care(h);
    // On the loop, and of no descriptor: nothing but the way to the ring is left.
    io_ = here;
    if (!enter(h, [] { return true; })) [[unlikely]]
        return transfer(h);
    give_entry();
    return std::noop_coroutine();
}

std::coroutine_handle<> operation::suspend_with_care(std::coroutine_handle<> h) noexcept {
    if (life_.load(std::memory_order_relaxed) == life::done) return transfer(h);  // it only gives way
    io_home* const here = this_io_home;
    if (!is_on_slot()) {
        io_ = here;
        if (here == nullptr && !find_home()) [[unlikely]]
            return transfer(h);
        if (slot_ != nullptr && !slot_->begin(*this, *io_)) return transfer(h);
    }
    if (here != io_) owner()->root->share();
    // The entry is given outside of the record's lock: a full queue takes a system call. Until it is given nobody but a
    // stop knows the operation, and that only leaves word.
    if (!enter(h, [] { return true; })) [[unlikely]] {
        if (is_on_slot()) slot_->end(*this);
        return transfer(h);
    }
    give();
    return std::noop_coroutine();
}

void operation::give() noexcept {
    if (this_io_home == io_) submit();
    else cross();
}

void operation::cross() noexcept {
    crossing& c = *std::construct_at(&crossing_, *this);
    if (io_->take_over != nullptr) io_->take_over(*io_, c);
    else io_->loop.post(c);
}

bool operation::find_home() noexcept {
    try {
        io_ = &io_home_for(*owner());
        return true;
    } catch (...) {
        keep_problem();
        life_.store(life::done, std::memory_order_relaxed);
        return false;
    }
}

int operation::result() {
    finish();
    return oddities_ == 0 ? res_ : odd_result();
}

int operation::odd_result() {
    if (is_odd(no_entry)) std::rethrow_exception(problem_);
    if (is_odd(second))
        misuse(std::string(kind().need == purpose::reading ? "somebody reads this descriptor already: "
                                                           : "somebody writes this descriptor already: ") +
                   kind().name,
               where_);
    // An interrupted worker of the kernel's answers EINTR to the same request.
    if (is_odd(stop_wanted) && (res_ == -ECANCELED || res_ == -EINTR)) throw cancelled();
    return res_;
}

// ---- on the loop's thread

void operation::submit_posted(job& j) noexcept {
    operation& self = *static_cast<operation*>(j.handle.address());
    if (self.io_->out != 0) --self.io_->out;
    self.submit();
}

void operation::submit() noexcept {
    if (is_odd(stop_wanted) || (is_on_slot() && slot_->closed())) [[unlikely]]
        return end_without_entry(-ECANCELED);
    give_entry();
}

// Inline, because the call would cost a tenth of what it does.
[[gnu::always_inline]] inline void operation::give_entry() noexcept {
    ring& r = io_->entries;
    try {
        io_uring_sqe& e = r.take();
        kind().prepare(*this, r, e);
        e.user_data = reinterpret_cast<std::uintptr_t>(this);
        ++io_->in_flight;
        life_.store(life::in_flight, std::memory_order_relaxed);  // read on this thread alone
    } catch (...) {
        keep_problem();
        end_without_entry(-EIO);
    }
}

void operation::end_without_entry(int res) noexcept {
    res_ = res;
    end();
    make_ready();
}

inline void operation::end() noexcept {
    life_.store(life::done, std::memory_order_relaxed);
    set_claim(claim_state::taken);
    if (is_on_slot()) slot_->end(*this);
}

inline void operation::note(std::int32_t res, std::uint32_t flags) noexcept {
    // an open, say, that waited in a worker of the kernel's ends with the number that asks for a restart
    res_ = res < least_error ? -EINTR : res;
    flags_ = flags;
}

// True if this was the operation's last completion.
inline bool operation::completed(std::int32_t res, std::uint32_t flags) noexcept {
    if ((flags & (IORING_CQE_F_NOTIF | IORING_CQE_F_MORE)) != 0) [[unlikely]] {
        if ((flags & IORING_CQE_F_NOTIF) == 0) note(res, flags);
        if ((flags & IORING_CQE_F_MORE) != 0) return false;
    } else {
        note(res, flags);
    }
    --io_->in_flight;
    if (res_ == -EINTR && !kind().ends_interrupted) [[unlikely]] {
        submit();
        return false;
    }
    if (kind().goes_on != nullptr && kind().goes_on(*this, res_)) [[unlikely]] {
        // no cancellation is under way: it would have left `stop_wanted`, or a closed slot, which `submit` looks at
        submit();
        return false;
    }
    if ((flags & IORING_CQE_F_SOCK_NONEMPTY) != 0 && is_on_slot()) slot_->reads().more_is_there();
    end();
    return true;
}

void operation::cancel() noexcept {
    if (life_.load(std::memory_order_relaxed) != life::in_flight) return;
    life_.store(life::cancelling, std::memory_order_relaxed);
    try {
        prepare_cancel(io_->entries.take(), reinterpret_cast<std::uintptr_t>(this));
    } catch (...) {
        // A ring that takes no entries any more has said so to whoever submits; the completion is waited for.
    }
}

bool operation::stop(wait& w) noexcept {
    auto& self = static_cast<operation&>(w);
    self.mark(stop_wanted);
    self.cancel();
    return false;  // the completion ends it
}

executor* operation::where_stopped(const wait& w) noexcept {
    return &static_cast<const operation&>(w).io_->loop;
}

void operation::describe_it(const wait& w, std::string& text) {
    const auto& self = static_cast<const operation&>(w);
    text.append(self.kind().name);
    if (self.fd_ >= 0) text.append(" of fd ").append(std::to_string(self.fd_));
}

unsigned deliver(ring& r) {
    homecoming home;
    return r.reap([&home](std::uint64_t user_data, std::int32_t res, std::uint32_t flags) noexcept {
        auto& o = *reinterpret_cast<operation*>(static_cast<std::uintptr_t>(user_data));
        if (o.completed(res, flags)) home.add(o);
    });
}

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/operation.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/homecoming.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <cerrno>
#include <system_error>

namespace coil::ring {

namespace {
constexpr int least_error = -511;  // below are numbers that the kernel does not show to programs, but for a ring's
}  // namespace

operation::operation(const operation_table& kind, int fd, place where) noexcept
    : wait(kind), kind_(&kind), where_(where), fd_(fd) {}

operation::operation(const operation_table& kind, descriptor& d, place where) noexcept
    : operation(kind, d.number(), where) {
    slot_ = d.slot_;
}

operation::operation(operation&& other) noexcept
    : wait(std::move(other)), kind_(other.kind_), slot_(other.slot_), where_(other.where_), fd_(other.fd_) {}

operation::~operation() {
    // Tried, and then not awaited after all.
    if (is_on_slot()) slot_->end(*this);
}

// ---- on the thread of the branch

try_history* operation::history_of_reads() const noexcept {
    const bool kept = slot_ != nullptr && kind_->first == trial::off_loop && kind_->need == purpose::reading;
    return kept ? &slot_->reads() : nullptr;
}

// Off the loop a try saves the way there and back. The operation stays on its slot if it has to suspend after all: the
// object may be destroyed meanwhile.
bool operation::attempt() {
    if (kind_->first == trial::off_loop && this_io_home != nullptr) return false;
    try_history* const history = history_of_reads();
    if (history != nullptr && !history->worth_a_try()) return false;
    io_ = &io_home_for(*owner());
    const bool begun = slot_ == nullptr || slot_->begin(*this, *io_);
    if (begun) {
        const long r = kind_->attempt(*this, io_->entries);
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
    return suspend(h) ? std::noop_coroutine() : transfer(h);
}

bool operation::suspend(std::coroutine_handle<> h) noexcept {
    if (life_.load(std::memory_order_relaxed) == life::done) return false;  // it only gives way
    io_home* const here = this_io_home;
    if (!is_on_slot()) {
        io_ = here;
        if (here == nullptr && !find_home()) [[unlikely]]
            return false;
        if (slot_ != nullptr && !slot_->begin(*this, *io_)) return false;
    }
    const bool at_home = here == io_;
    if (!at_home) owner()->root->share();
    // The entry is given outside of the record's lock: a full queue takes a system call. Until it is given nobody but a
    // stop knows the operation, and that only leaves word.
    if (!enter(h, [] { return true; })) {
        if (is_on_slot()) slot_->end(*this);
        return false;
    }
    if (at_home) submit();
    else cross();
    return true;
}

void operation::give() noexcept {
    if (this_io_home == io_) submit();
    else cross();
}

void operation::cross() noexcept {
    if (io_->take_over != nullptr) io_->take_over(*io_, crossing_);
    else io_->loop.post(crossing_);
}

bool operation::find_home() noexcept {
    try {
        io_ = &io_home_for(*owner());
        return true;
    } catch (...) {
        problem_ = std::current_exception();
        return false;
    }
}

int operation::result() {
    finish();
    if (problem_) std::rethrow_exception(problem_);
    if (second_) [[unlikely]]
        misuse(std::string(kind_->need == purpose::reading ? "somebody reads this descriptor already: "
                                                           : "somebody writes this descriptor already: ") +
                   kind_->name,
               where_);
    // An interrupted worker of the kernel's answers EINTR to the same request.
    if (stop_wanted_ && (res_ == -ECANCELED || res_ == -EINTR)) throw cancelled();
    return res_;
}

// ---- on the loop's thread

void operation::submit_posted(job& j) noexcept {
    operation& self = *static_cast<crossing&>(j).self;
    if (self.io_->out != 0) --self.io_->out;
    self.submit();
}

void operation::submit() noexcept {
    if (stop_wanted_ || (is_on_slot() && slot_->closed())) return end_without_entry(-ECANCELED);
    try {
        io_uring_sqe& e = io_->entries.take();
        kind_->prepare(*this, io_->entries, e);
        e.user_data = reinterpret_cast<std::uintptr_t>(this);
        life_.store(life::in_flight, std::memory_order_release);  // pairs with `completed`: the kernel is no thread
    } catch (...) {
        problem_ = std::current_exception();
        end_without_entry(-EIO);
    }
}

void operation::end_without_entry(int res) noexcept {
    res_ = res;
    end();
    make_ready();
}

void operation::end() noexcept {
    life_.store(life::done, std::memory_order_relaxed);
    set_claim(claim_state::taken);
    if (is_on_slot()) slot_->end(*this);
}

// True if this was the operation's last completion.
bool operation::completed(std::int32_t res, std::uint32_t flags) noexcept {
    (void)life_.load(std::memory_order_acquire);
    if ((flags & IORING_CQE_F_NOTIF) == 0) {
        // an open, say, that waited in a worker of the kernel's ends with the number that asks for a restart
        res_ = res < least_error ? -EINTR : res;
        flags_ = flags;
    }
    if ((flags & IORING_CQE_F_MORE) != 0) return false;
    if (kind_->goes_on != nullptr && kind_->goes_on(*this, res_)) [[unlikely]] {
        // no cancellation is under way: it would have left `stop_wanted_`, or a closed slot, which `submit` looks at
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
    self.stop_wanted_ = true;
    self.cancel();
    return false;  // the completion ends it
}

executor* operation::where_stopped(const wait& w) noexcept {
    return &static_cast<const operation&>(w).io_->loop;
}

void operation::describe_it(const wait& w, std::string& text) {
    const auto& self = static_cast<const operation&>(w);
    text.append(self.kind_->name);
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

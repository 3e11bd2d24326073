// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/close.hpp>

#include <coil/runtime/ring/fallback_numbers.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/kernel_call.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <utility>

namespace coil::ring {

constinit const operation_table close_operation::table =
    operation::kind("close", purpose::other, trial::never, &prepare, nullptr, nullptr, true);

close_operation::close_operation(descriptor& d, place where) noexcept
    : operation(table, d.number(), where), closing_(d ? d.slot_ : nullptr) {
    if (closing_ == nullptr) return;  // nothing can fail
    if (closing_->name().empty()) {
        d.slot_ = nullptr;
        return;
    }
    // The object keeps the name, and so does the operation, for what closing brings to light.
    closing_->give_away();
    slot_ = closing_;
    closing_->hold_for(*this);
}

close_operation::close_operation(close_operation&& other) noexcept
    : operation(std::move(other)), closing_(std::exchange(other.closing_, nullptr)) {
    if (!other.is_odd(holds_slot)) return;
    other.unmark(holds_slot);
    mark(holds_slot);
}

close_operation::~close_operation() {
    if (closing_ != nullptr) closing_->close();
}

std::coroutine_handle<> close_operation::await_suspend(std::coroutine_handle<> h) noexcept {
    branch& b = *owner();
    shield_.outer = b.innermost;
    shield_.shielded = true;
    b.innermost = &shield_;
    descriptor_slot& slot = *std::exchange(closing_, nullptr);
    keeper_ = slot.keeper();
    try {
        io_ = &io_home_for(b);
    } catch (...) {
        slot.close();
        given_ = true;
        return transfer(h);
    }
    if (this_io_home != io_) b.root->share();
    enter(h, [] { return true; });  // nothing from outside reaches a shielded region
    if (!slot.close_through(*this)) give();
    return std::noop_coroutine();
}

// Nothing is in flight any more. On whatever thread the last operation ended.
void close_operation::go_on() noexcept {
    give();
}

void close_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<close_operation&>(o);
    self.given_ = true;
    if (self.keeper_ == nullptr) descriptor_numbers::disowned(self.fd());  // for an epoll side beside this one
    prepare_close(e, self.fd());
}

int close_operation::await_resume() {
    if (shield_.shielded) owner()->innermost = shield_.outer;
    if (fd() < 0) return 0;
    finish();
    if (!given_) return keeper_ != nullptr ? keeper_->close(fd()) : kernel_close(fd());
    return is_odd(no_entry) ? 0 : res_;
}

}  // namespace coil::ring

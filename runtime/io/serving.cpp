// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/serving.hpp>

#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/task_record.hpp>

#include <utility>

namespace coil::net {

void serving_region::open(branch& b) noexcept {
    branch_ = &b;
    outer = b.innermost;
    b.innermost = this;
    serving_->add(*this);
}

void serving_region::close() noexcept {
    serving_->remove(*this);  // nobody stops it from here on
    branch_->innermost = outer;
    branch_->root->closed(*this);
}

std::size_t serving::connections() const noexcept {
    const std::scoped_lock guard(lock_);
    return open_;
}

void serving::enter() noexcept {
    const std::scoped_lock guard(lock_);
    ++open_;
}

void serving::leave() noexcept {
    std::optional<resolver<void>> waiting;
    {
        const std::scoped_lock guard(lock_);
        --open_;
        waiting = std::exchange(waiting_, std::nullopt);
    }
    if (waiting) waiting->set_value();
}

task<> serving::room() {
    for (;;) {
        const auto begin = [this](resolver<void> r) {
            const std::scoped_lock guard(lock_);
            if (open_ < most_) r.set_value();
            else waiting_ = std::move(r);
        };
        if (connections() < most_) co_return;
        co_await from_callback<void>(begin);
    }
}

void serving::add(serving_region& r) noexcept {
    const std::scoped_lock guard(lock_);
    regions_.push_back(r);
    if (stopping_.load(std::memory_order_relaxed)) r.branch_->root->stop(r);
}

void serving::remove(serving_region& r) noexcept {
    const std::scoped_lock guard(lock_);
    intrusive_list<serving_region>::remove(r);
}

void serving::begin_stop() noexcept {
    const std::scoped_lock guard(lock_);
    stopping_.store(true, std::memory_order_release);
    for (serving_region* r = regions_.front(); r != nullptr; r = regions_.after(*r))
        r->branch_->root->stop(*r);
}

}  // namespace coil::net

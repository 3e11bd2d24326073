// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace coil {

/// Is the suspension of a branch whose plain callable runs on another thread. A call that nobody has begun can be
/// stopped; one that has begun is waited for.
class offload_wait : public wait {
public:
    bool await_ready() noexcept { return refused(); }

protected:
    explicit offload_wait(job::function f) noexcept : wait(table), call_(*this, f) {}
    offload_wait(offload_wait&& other) noexcept : wait(std::move(other)), call_(*this, other.call_.run) {}

    struct call : job {
        call(offload_wait& w, function f) noexcept : job(f), owner(&w) {}
        offload_wait* owner;
    };
    /// True if the call is to be made; else it is over, and the branch goes home.
    bool begin() noexcept;
    static const wait_table table;

    call call_;
};

/// Keeps the callable (an rvalue is moved in, an lvalue referred to) and what it returned.
template <class F>
class offload : public offload_wait {
    using function = std::conditional_t<std::is_lvalue_reference_v<F>, F, std::remove_cvref_t<F>>;
    using value = std::remove_cvref_t<std::invoke_result_t<std::remove_reference_t<F>&>>;

protected:
    explicit offload(F&& f) : offload_wait(&run), function_(std::forward<F>(f)) {}
    offload(offload&& other) : offload_wait(std::move(other)), function_(std::forward<function>(other.function_)) {}

    value take() {
        finish();
        if (thrown_) std::rethrow_exception(std::move(thrown_));
        if constexpr (!std::is_void_v<value>) return std::move(*value_);
    }

private:
    static void run(job& j) noexcept {
        auto& self = static_cast<offload&>(*static_cast<call&>(j).owner);
        if (self.begin()) {
            try {
                if constexpr (std::is_void_v<value>) std::invoke(self.function_);
                else self.value_.emplace(std::invoke(self.function_));
            } catch (...) {
                self.thrown_ = std::current_exception();
            }
        }
        this_thread.current = nullptr;
        self.make_ready();
    }
    function function_;
    std::optional<non_void<value>> value_;
    std::exception_ptr thrown_;
};

}  // namespace coil

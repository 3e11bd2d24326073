// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/branch.hpp>

#include <coroutine>
#include <utility>

namespace coil {

/// Awaits another awaiter between an opening and a closing act on the branch (a region, a binding), with no frame of its
/// own. `Opened` has `open(branch&)` and `close()`, both noexcept; brackets nest, so the closing comes last.
template <attachable Inner, class Opened>
class bracket {
public:
    void attach(branch& b) noexcept {
        branch_ = &b;
        inner_.attach(b);
    }
    bool await_ready() noexcept(noexcept(std::declval<Inner&>().await_ready())) {
        opened_.open(*branch_);
        if constexpr (noexcept(inner_.await_ready())) {
            return inner_.await_ready();
        } else {
            // an await that throws here is never resumed
            try {
                return inner_.await_ready();
            } catch (...) {
                opened_.close();
                throw;
            }
        }
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept(
        noexcept(std::declval<Inner&>().await_suspend(h))) {
        if constexpr (noexcept(inner_.await_suspend(h))) {
            return inner_.await_suspend(h);
        } else {
            try {
                return inner_.await_suspend(h);
            } catch (...) {
                opened_.close();
                throw;
            }
        }
    }

protected:
    template <class... Args>
    explicit bracket(Inner&& inner, Args&&... args)
        : inner_(std::move(inner)), opened_(std::forward<Args>(args)...) {}
    bracket(bracket&&) = default;
    ~bracket() = default;

    /// Closes when the result has been taken, or thrown.
    class closing {
    public:
        explicit closing(bracket& b) noexcept : opened_(b.opened_) {}
        closing(const closing&) = delete;
        closing& operator=(const closing&) = delete;
        ~closing() { opened_.close(); }

    private:
        Opened& opened_;
    };

    Inner inner_;
    Opened opened_;

private:
    branch* branch_ = nullptr;
};

/// Is an awaiter that can give its outcome as a `result`, with no throw inside: `await_result` is called in the place of
/// `await_resume`. A stop is thrown as `cancelled` all the same.
template <class W>
concept yields_result = requires(W& w) { w.await_result(); };

}  // namespace coil

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/frame_memory.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace coil {

/// Yields a sequence lazily to a plain loop: `for (auto& x : g())`. It cannot await; `async_generator` can.
/// Shape: single pass; T may be a reference. Errors: what the body throws comes out of `begin` or `++`.
/// Lifetime: a value lives until the next `++`. Cost: one recycled frame, no copy of what is yielded.
template <class T>
class [[nodiscard]] generator {
    using value = std::remove_cvref_t<T>;
    using reference = std::conditional_t<std::is_reference_v<T>, T, T&>;

public:
    class promise_type {
    public:
        static void* operator new(std::size_t size) { return allocate_frame(size); }
        static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

        generator get_return_object() noexcept {
            return generator(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        // what is yielded lives in the generator's frame until it goes on
        std::suspend_always yield_value(std::remove_reference_t<reference>& v) noexcept {
            at_ = std::addressof(v);
            return {};
        }
        std::suspend_always yield_value(std::remove_reference_t<reference>&& v) noexcept
            requires(!std::is_reference_v<T>)
        {
            at_ = std::addressof(v);
            return {};
        }
        // the loop may change what it gets, so a constant is copied
        class copied {
        public:
            explicit copied(const value& v) : value_(v) {}
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<promise_type> h) noexcept {
                h.promise().at_ = std::addressof(value_);
            }
            void await_resume() const noexcept {}

        private:
            value value_;
        };
        copied yield_value(const value& v)
            requires(!std::is_reference_v<T> && !std::is_const_v<T> && std::is_copy_constructible_v<T>)
        {
            return copied(v);
        }
        void return_void() const noexcept {}
        void unhandled_exception() { throw; }
        template <class A>
        void await_transform(A&&) = delete;  // a generator cannot await: use async_generator

    private:
        friend generator;
        std::remove_reference_t<reference>* at_ = nullptr;
    };

    class iterator {
    public:
        using value_type = value;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        reference operator*() const noexcept { return static_cast<reference>(*frame_.promise().at_); }
        iterator& operator++() {
            frame_.resume();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept { return i.frame_.done(); }

    private:
        friend generator;
        explicit iterator(std::coroutine_handle<promise_type> h) noexcept : frame_(h) {}
        std::coroutine_handle<promise_type> frame_;
    };

    generator(generator&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    generator& operator=(generator&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~generator() {
        if (frame_) frame_.destroy();
    }

    /// Runs to the first value. Called once. Errors: `std::logic_error` if it has ended, or was moved from.
    iterator begin(place where = place::current()) {
        if (!frame_ || frame_.done()) [[unlikely]]
            misuse("this generator has ended, or was moved from", where);
        frame_.resume();
        return iterator(frame_);
    }
    std::default_sentinel_t end() const noexcept { return {}; }

private:
    explicit generator(std::coroutine_handle<promise_type> h) noexcept : frame_(h) {}
    std::coroutine_handle<promise_type> frame_;
};

}  // namespace coil

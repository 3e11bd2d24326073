// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/result.hpp>

#include <type_traits>
#include <utility>

namespace coil {

/// Gives an operation of the ring its two faces: a value or an exception, and the same as a `coil::result` without a
/// throw inside. `Self` has `int outcome()`, the negative errno or something else; `Value value(int)`; and
/// `error failure(int errno)`, which names the operation and its object.
template <class Self, class Operation, class Value>
class fallible : public Operation {
public:
    Value await_resume() {
        const int r = self().outcome();
        if (r < 0) [[unlikely]]
            self().failure(-r).rethrow();
        return self().value(r);
    }
    coil::result<Value> await_result() {
        const int r = self().outcome();
        if (r < 0) return coil::result<Value>(self().failure(-r));
        if constexpr (std::is_void_v<Value>) {
            self().value(r);
            return coil::result<Value>();
        } else {
            return coil::result<Value>(self().value(r));
        }
    }

protected:
    using Operation::Operation;
    fallible(fallible&&) = default;
    ~fallible() = default;

    int outcome() { return Operation::await_resume(); }
    void value(int) const noexcept requires std::is_void_v<Value> {}

private:
    Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace coil

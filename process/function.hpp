// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/codec.hpp>
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/passed.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/run/run.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil::process {

/// Names a function to another process of the same program: what its template argument prints as, and where it lies in
/// the image, since static functions of two files print alike.
struct function_key {
    std::uint64_t name_hash = 0;
    std::uint64_t offset = 0;
    friend bool operator==(const function_key&, const function_key&) = default;
};

/// Is a function that can be called in a worker. Every one that the program names in a call has one such object from the
/// start of the program on, in parent and worker alike: so no address has to travel.
class function_entry {
public:
    using invocation = void (*)(decoder& arguments, encoder& result);
    function_entry(invocation f, std::string_view printed) noexcept;
    function_entry(const function_entry&) = delete;
    function_entry& operator=(const function_entry&) = delete;

    /// Reads arguments, calls the function, writes its result. Throws what the function throws.
    void operator()(decoder& arguments, encoder& result) const { invoke_(arguments, result); }
    std::string_view name() const noexcept { return name_; }
    function_key key() const noexcept;
    /// The function that another process has named, or null.
    static const function_entry* find(const function_key& k) noexcept;
    /// Is equal in processes in which all functions are found under the same keys.
    static std::uint64_t fingerprint() noexcept;

private:
    invocation invoke_;
    std::string_view name_;
    const function_entry* next_;
};

template <class T>
struct stored_as {
    using type = std::remove_cvref_t<T>;
};
template <>
struct stored_as<std::string_view> {
    using type = std::string;
};
template <class T, std::size_t N>
struct stored_as<std::span<T, N>> {
    using type = std::vector<std::remove_const_t<T>>;
};
/// What a parameter is kept as on its way: without reference, and owning where it is a view.
template <class T>
using stored_parameter = typename stored_as<std::remove_cvref_t<T>>::type;

template <class F>
struct signature_of : signature_of<decltype(&F::operator())> {};
template <class R, class... A>
struct signature_of<R (*)(A...)> {
    using result = R;
    using parameters = std::tuple<stored_parameter<A>...>;
    static constexpr std::size_t count = sizeof...(A);
    template <class F>
    static R apply(F&& f, std::tuple<stored_parameter<A>...>& kept) {
        return std::apply([&](auto&... a) -> R { return f(pass<A>(a)...); }, kept);
    }

private:
    template <class Parameter, class Kept>
    static decltype(auto) pass(Kept& kept) {
        if constexpr (std::is_lvalue_reference_v<Parameter>) return static_cast<Kept&>(kept);
        else return static_cast<Kept&&>(kept);
    }
};
template <class R, class... A>
struct signature_of<R (*)(A...) noexcept> : signature_of<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature_of<R (C::*)(A...) const> : signature_of<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature_of<R (C::*)(A...) const noexcept> : signature_of<R (*)(A...)> {};

template <class R>
struct awaited_result {
    using type = R;
};
template <class T>
struct awaited_result<task<T>> {
    using type = T;
};

/// What a function takes, as it travels, and what it yields; a task of T yields T.
template <auto F>
using signature = signature_of<std::remove_cvref_t<decltype(F)>>;
template <auto F>
using parameters = typename signature<F>::parameters;
template <auto F>
using result_of = std::remove_cvref_t<typename awaited_result<typename signature<F>::result>::type>;

/// What is shared between processes and cannot be copied may be named in a call all the same: the parameter is then a
/// second one of the same thing, made as if it had travelled.
template <class P, class A>
concept kept_by_name = passes_itself<P> && std::same_as<std::remove_cvref_t<A>, P> && !std::constructible_from<P, A>;
template <class P, class A>
concept kept_as = std::constructible_from<P, A> || kept_by_name<P, A>;
template <class P, class A>
P kept_parameter(A&& argument) {
    if constexpr (kept_by_name<P, A>) {
        encoder to;
        argument.encode(to);
        const auto message = to.take_message();
        decoder from(message, to.take_descriptors());
        return P::decode(from);
    } else {
        return P(std::forward<A>(argument));
    }
}
template <class Kept, class... A>
inline constexpr bool all_kept = false;
template <class... P, class... A>
    requires(sizeof...(P) == sizeof...(A))
inline constexpr bool all_kept<std::tuple<P...>, A...> = (kept_as<P, A> && ...);

/// Whether F can be called with these arguments in another process.
template <auto F, class... A>
concept calls_with = std::is_constructible_v<parameters<F>, A...> || all_kept<parameters<F>, A...>;
/// Converts arguments to what F takes.
template <auto F, class... A>
    requires calls_with<F, A...>
parameters<F> kept_parameters(A&&... arguments) {
    if constexpr (std::is_constructible_v<parameters<F>, A...>) {
        return parameters<F>(std::forward<A>(arguments)...);
    } else {
        return [&]<class... P>(std::type_identity<std::tuple<P...>>) {
            return parameters<F>(kept_parameter<P, A>(std::forward<A>(arguments))...);
        }(std::type_identity<parameters<F>>());
    }
}

template <auto F>
constexpr std::string_view printed_name() {
    std::string_view all = __PRETTY_FUNCTION__;
    const auto at = all.find("F = ");
    if (at != std::string_view::npos) all.remove_prefix(at + 4);
    if (const auto end = all.rfind("; std::string_view"); end != std::string_view::npos) return all.substr(0, end);
    if (const auto end = all.rfind(']'); end != std::string_view::npos) return all.substr(0, end);
    return all;
}

template <auto F>
void invoke_remotely(decoder& from, encoder& to) {
    parameters<F> kept = decode<parameters<F>>(from);
    using result = typename signature<F>::result;
    if constexpr (is_task<result>) {
        if constexpr (std::is_void_v<result_of<F>>) coil::run(signature<F>::apply(F, kept));
        else encode(to, static_cast<const result_of<F>&>(coil::run(signature<F>::apply(F, kept))));
    } else if constexpr (std::is_void_v<result>) {
        signature<F>::apply(F, kept);
    } else {
        encode(to, static_cast<const result_of<F>&>(signature<F>::apply(F, kept)));
    }
}

/// Stands for a function where an option names one: `.initialiser = coil::process::function<&set_up>`.
template <auto F>
inline const function_entry function_object{&invoke_remotely<F>, printed_name<F>()};
template <auto F>
inline constexpr const function_entry* function = &function_object<F>;

}  // namespace coil::process

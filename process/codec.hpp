// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/passed.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace coil::process {

/// Is how values of type T travel between processes: `static void encode(encoder&, const T&)` and
/// `static T decode(decoder&)`. There is one for: what is trivially copyable and holds no pointer; std::string, vector,
/// list, deque, set, map and their unordered kin, array, optional, pair, tuple, variant, unique_ptr; types with a member
/// `auto fields() { return std::tie(a, b); }`; types that pass themselves (`passes_itself`). Others are specialised, or
/// get the members.
/// Errors: a message that ends too early, or holds what cannot be, is `std::errc::bad_message`; a length is believed only
/// as far as there are bytes. Bools and enumerations inside trivially copyable classes are not looked at.
/// Shape: both sides are the same program on machines of the same kind; no byte order is kept.
template <class T>
struct codec;

template <class T>
concept has_fields = requires(T& t) {
    { t.fields() };
    std::tuple_size<std::remove_cvref_t<decltype(t.fields())>>::value;
};

/// Trivially copyable, and yet not to be copied: what refers to elsewhere, and what rubbish would make undefined.
template <class T>
inline constexpr bool is_view_or_choice = std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T>;
template <class C, class R>
inline constexpr bool is_view_or_choice<std::basic_string_view<C, R>> = true;
template <class T, std::size_t N>
inline constexpr bool is_view_or_choice<std::span<T, N>> = true;
template <class T>
inline constexpr bool is_view_or_choice<std::reference_wrapper<T>> = true;
template <class T>
inline constexpr bool is_view_or_choice<std::optional<T>> = true;
template <class... T>
inline constexpr bool is_view_or_choice<std::variant<T...>> = true;

template <class T>
concept travels_as_bytes =
    std::is_trivially_copyable_v<T> && !is_view_or_choice<T> && !passes_itself<T> && !has_fields<T>;

template <class T>
void encode(encoder& to, const T& value) {
    codec<T>::encode(to, value);
}
template <class T>
T decode(decoder& from) {
    return codec<T>::decode(from);
}

/// Throws the error of a message that says what cannot be.
[[noreturn]] void bad_message(const char* what);
/// Reads how many elements follow. Each takes `least` bytes or more: what is left must have room for them.
std::size_t decode_length(decoder& from, std::size_t least);

template <travels_as_bytes T>
struct codec<T> {
    static void encode(encoder& to, const T& value) { to.value(value); }
    static T decode(decoder& from) { return from.value<T>(); }
};
template <>
struct codec<bool> {
    static void encode(encoder& to, bool value) { to.value(static_cast<unsigned char>(value)); }
    static bool decode(decoder& from) {
        const auto byte = from.value<unsigned char>();
        if (byte > 1) bad_message("a bool that is neither");
        return byte == 1;
    }
};

template <passes_itself T>
struct codec<T> {
    static void encode(encoder& to, const T& value) { value.encode(to); }
    static T decode(decoder& from) { return T::decode(from); }
};

template <has_fields T>
    requires(!passes_itself<T>)
struct codec<T> {
    static void encode(encoder& to, const T& value) {
        // tied as what may be changed, and only read
        std::apply([&](const auto&... field) { (process::encode(to, field), ...); }, const_cast<T&>(value).fields());
    }
    static T decode(decoder& from) {
        T value{};
        std::apply([&](auto&... field) { ((field = process::decode<std::remove_cvref_t<decltype(field)>>(from)), ...); },
                   value.fields());
        return value;
    }
};

/// Sequences and sets: a length, and the elements one by one, or all at once where they lie as bytes in one piece.
template <class C>
struct sequence_codec {
    using element = typename C::value_type;
    static constexpr bool is_flat =
        travels_as_bytes<element> && !std::is_same_v<element, bool> && requires(C& c) { c.data(), c.resize(1); };
    static void encode(encoder& to, const C& all) {
        to.value<std::uint64_t>(all.size());
        if constexpr (is_flat) {
            to.bytes(std::as_bytes(std::span(all.data(), all.size())));
        } else {
            for (const auto& one : all) process::encode<element>(to, one);
        }
    }
    static C decode(decoder& from) {
        C all;
        if constexpr (is_flat) {
            all.resize(decode_length(from, sizeof(element)));
            from.bytes(std::as_writable_bytes(std::span(all.data(), all.size())));
        } else {
            for (std::size_t left = decode_length(from, 1); left > 0; --left)
                all.insert(all.end(), process::decode<element>(from));
        }
        return all;
    }
};
template <class C, class A>
struct codec<std::basic_string<C, std::char_traits<C>, A>> : sequence_codec<std::basic_string<C, std::char_traits<C>, A>> {};
template <class T, class A>
struct codec<std::vector<T, A>> : sequence_codec<std::vector<T, A>> {};
template <class T, class A>
struct codec<std::list<T, A>> : sequence_codec<std::list<T, A>> {};
template <class T, class A>
struct codec<std::deque<T, A>> : sequence_codec<std::deque<T, A>> {};
template <class K, class C, class A>
struct codec<std::set<K, C, A>> : sequence_codec<std::set<K, C, A>> {};
template <class K, class C, class A>
struct codec<std::multiset<K, C, A>> : sequence_codec<std::multiset<K, C, A>> {};
template <class K, class H, class E, class A>
struct codec<std::unordered_set<K, H, E, A>> : sequence_codec<std::unordered_set<K, H, E, A>> {};

/// Maps: a length, and pairs.
template <class M>
struct map_codec {
    using key = typename M::key_type;
    using mapped = typename M::mapped_type;
    static void encode(encoder& to, const M& all) {
        to.value<std::uint64_t>(all.size());
        for (const auto& [k, v] : all) {
            process::encode<key>(to, k);
            process::encode<mapped>(to, v);
        }
    }
    static M decode(decoder& from) {
        M all;
        for (std::size_t left = decode_length(from, 1); left > 0; --left) {
            key k = process::decode<key>(from);
            all.emplace_hint(all.end(), std::move(k), process::decode<mapped>(from));
        }
        return all;
    }
};
template <class K, class T, class C, class A>
struct codec<std::map<K, T, C, A>> : map_codec<std::map<K, T, C, A>> {};
template <class K, class T, class C, class A>
struct codec<std::multimap<K, T, C, A>> : map_codec<std::multimap<K, T, C, A>> {};
template <class K, class T, class H, class E, class A>
struct codec<std::unordered_map<K, T, H, E, A>> : map_codec<std::unordered_map<K, T, H, E, A>> {};

/// Tuples, pairs and arrays of what does not travel as bytes: the elements in order.
template <class T>
struct tuple_codec {
    static void encode(encoder& to, const T& all) {
        std::apply([&](const auto&... one) { (process::encode(to, one), ...); }, all);
    }
    static T decode(decoder& from) { return decode_in_order(from, std::make_index_sequence<std::tuple_size_v<T>>()); }

private:
    template <std::size_t... I>
    static T decode_in_order(decoder& from, std::index_sequence<I...>) {
        return T{process::decode<std::tuple_element_t<I, T>>(from)...};  // braces: from left to right
    }
};
template <>
struct codec<std::tuple<>> {
    static void encode(encoder&, const std::tuple<>&) {}
    static std::tuple<> decode(decoder&) { return {}; }
};
template <class... T>
    requires(sizeof...(T) > 0 && !travels_as_bytes<std::tuple<T...>>)
struct codec<std::tuple<T...>> : tuple_codec<std::tuple<T...>> {};
template <class A, class B>
    requires(!travels_as_bytes<std::pair<A, B>>)
struct codec<std::pair<A, B>> : tuple_codec<std::pair<A, B>> {};
template <class T, std::size_t N>
    requires(!travels_as_bytes<std::array<T, N>>)
struct codec<std::array<T, N>> : tuple_codec<std::array<T, N>> {};

template <class T>
struct codec<std::optional<T>> {
    static void encode(encoder& to, const std::optional<T>& value) {
        process::encode(to, value.has_value());
        if (value) process::encode<T>(to, *value);
    }
    static std::optional<T> decode(decoder& from) {
        if (!process::decode<bool>(from)) return std::nullopt;
        return process::decode<T>(from);
    }
};
template <class T>
struct codec<std::unique_ptr<T>> {
    static void encode(encoder& to, const std::unique_ptr<T>& value) {
        process::encode(to, value != nullptr);
        if (value) process::encode<T>(to, *value);
    }
    static std::unique_ptr<T> decode(decoder& from) {
        if (!process::decode<bool>(from)) return nullptr;
        return std::make_unique<T>(process::decode<T>(from));
    }
};

template <class... T>
struct codec<std::variant<T...>> {
    using variant = std::variant<T...>;
    static void encode(encoder& to, const variant& value) {
        to.value<std::uint64_t>(value.index());
        std::visit([&](const auto& one) { process::encode(to, one); }, value);
    }
    static variant decode(decoder& from) {
        const auto index = from.value<std::uint64_t>();
        std::optional<variant> value;
        choose(from, index, value, std::index_sequence_for<T...>());
        if (!value) bad_message("a variant of no such kind");
        return std::move(*value);
    }

private:
    template <std::size_t... I>
    static void choose(decoder& from, std::uint64_t index, std::optional<variant>& value, std::index_sequence<I...>) {
        const auto one = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
            if (index == N) value.emplace(std::in_place_index<N>, process::decode<std::variant_alternative_t<N, variant>>(from));
        };
        (one(std::integral_constant<std::size_t, I>()), ...);
    }
};

/// What can travel: `static_assert(coil::process::travels<T>)` says so early.
template <class T>
concept travels = requires(encoder& to, decoder& from, const T& value) {
    codec<T>::encode(to, value);
    { codec<T>::decode(from) } -> std::same_as<T>;
};

}  // namespace coil::process

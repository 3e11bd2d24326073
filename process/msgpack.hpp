// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/codec.hpp>
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>

#include <msgpack.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

// For who has types that msgpack-cxx knows already. Nothing of coil includes this file.
namespace coil::process {

/// Takes a type that msgpack knows by an adaptor, not by members: `template <> inline constexpr bool
/// coil::process::by_msgpack<app::point> = true;`.
template <class T>
inline constexpr bool by_msgpack = false;

/// Says where msgpack writes to: the end of a message.
class msgpack_target {
public:
    explicit msgpack_target(encoder& to) noexcept : to_(&to) {}
    void write(const char* data, std::size_t size) { to_->bytes(std::as_bytes(std::span(data, size))); }

private:
    encoder* to_;
};

template <class T>
concept has_msgpack_members = requires(const T& value, T& to, msgpack::packer<msgpack_target>& p, const msgpack::object& o) {
    value.msgpack_pack(p);
    to.msgpack_unpack(o);
};

/// Has what MSGPACK_DEFINE (or _ARRAY, or _MAP) makes, or an adaptor and `by_msgpack`; and no way of coil's own, which is
/// taken where there is one: so the same bytes travel whether or not a source includes this file.
template <class T>
concept travels_by_msgpack = (by_msgpack<T> || has_msgpack_members<T>) && std::default_initializable<T> &&
                             !travels_as_bytes<T> && !passes_itself<T> && !has_fields<T>;

/// Reads a value out of bytes that msgpack wrote: all of them, and nothing behind.
/// Errors: `std::errc::bad_message` for anything else. The bytes are walked before room is made, so a length is believed
/// only as far as there are bytes.
template <class T>
T read_msgpack(std::span<const std::byte> bytes) {
    const char* const data = reinterpret_cast<const char*>(bytes.data());
    std::size_t at = 0;
    msgpack::null_visitor walked;
    try {
        if (!msgpack::parse(data, bytes.size(), at, walked) || at != bytes.size()) bad_message("what msgpack did not write");
        // what names bytes points into the message, which outlives the conversion
        const auto object = msgpack::unpack(data, bytes.size(), [](msgpack::type::object_type, std::size_t, void*) { return true; });
        return object->template as<T>();
    } catch (const msgpack::unpack_error&) {
    } catch (const msgpack::type_error&) {
    }
    bad_message("what msgpack cannot make this type of");
}

/// Lets such a type travel through pools, queues, channels, `start` and managers, also inside containers.
/// Errors: what msgpack throws on the way out; `std::errc::bad_message` on the way in.
template <travels_by_msgpack T>
struct codec<T> {
    static void encode(encoder& to, const T& value) {
        const std::size_t at = to.message().size();
        to.value(std::uint64_t{0});  // until its size is known
        msgpack_target target(to);
        msgpack::pack(target, value);
        to.overwrite(at, std::uint64_t{to.message().size() - at - sizeof(std::uint64_t)});
    }
    static T decode(decoder& from) { return read_msgpack<T>(from.view(decode_length(from, 1))); }
};

}  // namespace coil::process

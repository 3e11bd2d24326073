// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/version.hpp>
#if !COIL_HAS_TLS
#error "this coil was built without TLS: meson setup -Dtls=enabled, with OpenSSL 3 (Debian: libssl-dev)"
#endif
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/tcp_stream.hpp>
#include <coil/runtime/io/tls_context.hpp>
#include <coil/runtime/io/tls_error.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/io/unix_stream.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

struct ssl_st;

namespace coil::net {

template <class Stream>
class tls_connection;

/// Says how `tls_stream::connect` connects.
struct tls_connect_options {
    const tls_context* context = nullptr;  // null: a client's that trusts whom the system trusts
    std::string_view name = {};            // whom the certificate has to name; empty: the host
    connect_options tcp{};
};

/// Is the awaiter of `read`: what was decrypted already is taken without a suspension, and a coroutine, whose frame is
/// recycled, starts only where something has to come first.
template <class Stream>
class [[nodiscard("co_await it")]] basic_tls_read_await {
public:
    basic_tls_read_await(std::shared_ptr<tls_connection<Stream>> c, byte_span to, place where) noexcept
        : connection_(std::move(c)), to_(to), where_(where) {}
    basic_tls_read_await(basic_tls_read_await&&) = default;

    void attach(branch& b) noexcept { branch_ = &b; }
    bool await_ready();
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return reading_->await_suspend(h); }
    std::size_t await_resume() { return reading_ ? reading_->await_resume() : count_; }

private:
    std::shared_ptr<tls_connection<Stream>> connection_;
    byte_span to_;
    place where_;
    branch* branch_ = nullptr;
    std::size_t count_ = 0;
    std::optional<task_await<std::size_t>> reading_;
};

/// Is one end of a TLS session over a stream of sockets: `tls_stream` over TCP.
/// Shape: open, or empty (moved from, closed). Moving it is free, also while operations are in flight on it.
/// Errors: `std::system_error` with the operation, the peer and OpenSSL's words; the code is one of `tls_errc`, or
/// errno's where the connection failed: "connect example.org (192.0.2.1:443), self-signed certificate: the peer's
/// certificate is not trusted". An end of the connection that the peer had not announced is `tls_errc::truncated`,
/// never an end of the stream. One reader and one writer at a time: a second is a `std::logic_error` at its line.
/// Cancel: every operation can be stopped, and nothing is lost: what came stays for the next read; what was encrypted
/// is sent by the next write, by `shutdown_write`, or by `close` if it goes at once.
/// Threads: operations may be awaited on any coil thread; the object itself is used by one at a time.
/// Lifetime: closing or destroying it ends its operations in flight: they throw `errc::operation_canceled`, or
/// `errc::bad_file_descriptor` if they begin afterwards.
/// A stream that is destroyed and was not closed says nothing to its peer, who then sees it truncated: an exception is
/// not to look like an end. Cost: one that waits for its peer holds OpenSSL's session and no buffers; each operation
/// takes a recycled frame, and OpenSSL allocates while it works.
template <class Stream>
class basic_tls_stream {
public:
    using name_type = std::remove_cvref_t<decltype(std::declval<const Stream&>().peer_endpoint())>;

    basic_tls_stream() noexcept = default;
    basic_tls_stream(basic_tls_stream&& other) noexcept = default;
    basic_tls_stream& operator=(basic_tls_stream&& other) noexcept {
        if (this != &other) {
            abandon();
            connection_ = std::move(other.connection_);
        }
        return *this;
    }
    ~basic_tls_stream() { abandon(); }

    /// Connects to a host by its name, or an address as text, and agrees on keys. A port, or the name of a service.
    /// Completes: with the stream, when the server's certificate was found in order and names the host.
    /// Errors: as `tcp_stream::connect`; `tls_errc`. Cancel: everything is given up and closed.
    static task<basic_tls_stream> connect(std::string_view host, std::string_view service, tls_connect_options o = {})
        requires std::same_as<Stream, tcp_stream>
    {
        return connect_by_name(std::string(host), std::string(service), settings_of(o), std::string(o.name), o.tcp);
    }
    template <std::integral Port>
    static task<basic_tls_stream> connect(std::string_view host, Port port, tls_connect_options o = {})
        requires std::same_as<Stream, tcp_stream>
    {
        return connect_by_name(std::string(host), std::to_string(port), settings_of(o), std::string(o.name), o.tcp);
    }
    /// Becomes the client's end over a connection that there is (after STARTTLS, say); `host` is whom the certificate
    /// has to name, a host or an address. Errors, Cancel: as `connect`; the connection is closed with it.
    static task<basic_tls_stream> client(Stream over, const tls_context& context, std::string_view host) {
        return shake_hands(std::move(over), context.settings(), std::string(host), "connect");
    }
    /// Becomes the server's end. Errors: `tls_errc`, also where the client refuses: "accept 127.0.0.1:51234, ...".
    /// Cancel: as `connect`.
    static task<basic_tls_stream> server(Stream over, const tls_context& context) {
        return shake_hands(std::move(over), context.settings(), {}, "accept");
    }

    /// Reads some bytes. Completes: as soon as there are any, with how many; with 0 when the peer has said that no more
    /// come. Errors: `tls_errc::truncated` if the connection ended without that.
    basic_tls_read_await<Stream> read(byte_span to, place where = place::current()) noexcept {
        return {connection_, to, where};
    }
    /// Reads until `to` is full. Completes: with its size.
    /// Errors: `transfer_error`, with `errc::no_message_available` (ENODATA) if the stream ends before.
    /// Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that lie in `to`.
    task<std::size_t> read_exactly(byte_span to, place where = place::current());
    /// Writes all of `from`. Completes: with its size, once the kernel has taken the last byte of it.
    /// Errors: `transfer_error`. Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that were
    /// encrypted: they are on their way, and the next operation that writes sends what is left of them first.
    task<std::size_t> write(byte_view from, place where = place::current());
    /// Tells the peer that nothing more comes (close_notify); reading goes on.
    task<> shutdown_write(place where = place::current());
    /// Closes the stream; it is empty from the call on. Tells the peer that nothing more comes, if that goes at once: a
    /// peer that reads nothing holds up nobody. Who wants it to arrive for certain awaits `shutdown_write` before.
    /// Completes: when nothing is in flight any more and the descriptor is free. Cancel: shielded.
    auto close(place where = place::current()) { return shield(close_connection(std::move(connection_)), where); }

    bool is_open() const noexcept { return connection_ != nullptr; }
    /// The other end, as it was when the connection was made. Errors, here and below: `std::logic_error` if it is
    /// empty.
    name_type peer_endpoint() const;
    /// The protocol that both sides chose (ALPN); empty if none.
    std::string_view alpn() const;
    /// "TLSv1.3".
    std::string_view version() const;
    /// "TLS_AES_256_GCM_SHA384".
    std::string_view cipher() const;
    /// The host that the client asked for; empty if none.
    std::string_view server_name() const;
    /// Whom the peer's certificate names: "CN=example.org"; empty if it showed none.
    std::string peer_subject() const;
    /// The peer's certificate in PEM; empty if it showed none.
    std::string peer_certificate() const;
    /// OpenSSL's session, for what is not offered here: asked while no operation is in flight, and never for reading or
    /// writing.
    ssl_st* native_session() const;
    /// The descriptor, which stays the stream's; -1 if it is empty.
    int native_handle() const noexcept;

private:
    using shared = std::shared_ptr<tls_connection<Stream>>;

    explicit basic_tls_stream(shared c) noexcept : connection_(std::move(c)) {}

    static std::shared_ptr<tls_settings> settings_of(const tls_connect_options& o) {
        return (o.context != nullptr ? *o.context : tls_context::standard_client()).settings();
    }
    static task<basic_tls_stream> connect_by_name(std::string host, std::string service,
                                                  std::shared_ptr<tls_settings> settings, std::string name,
                                                  connect_options options)
        requires std::same_as<Stream, tcp_stream>;
    static task<basic_tls_stream> shake_hands(Stream over, std::shared_ptr<tls_settings> settings, std::string host,
                                              const char* operation);
    static task<> close_connection(shared c);
    tls_connection<Stream>& connection() const;
    void abandon() noexcept;

    shared connection_;
};

using tls_stream = basic_tls_stream<tcp_stream>;
using unix_tls_stream = basic_tls_stream<unix_stream>;

extern template class basic_tls_read_await<tcp_stream>;
extern template class basic_tls_read_await<unix_stream>;
extern template class basic_tls_stream<tcp_stream>;
extern template class basic_tls_stream<unix_stream>;

}  // namespace coil::net

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_stream.hpp>

#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/io/tls_connection.hpp>
#include <coil/runtime/io/tls_settings.hpp>

#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace coil::net {

namespace {

template <class Stream>
using shared_connection = std::shared_ptr<tls_connection<Stream>>;
template <class Stream>
using hold = typename tls_connection<Stream>::hold;
template <class Stream>
using side = typename tls_connection<Stream>::side;

// Of an empty stream, as of an empty socket.
template <class Stream>
tls_connection<Stream>& checked(const shared_connection<Stream>& c, const char* operation) {
    if (!c) throw std::system_error(EBADF, std::system_category(), operation);
    return *c;
}

template <class Stream>
task<std::size_t> read_some(shared_connection<Stream> c, byte_span to, place where) {
    const hold<Stream> reading(checked<Stream>(c, "read"), side<Stream>::reading, "read", where);
    this_task::check_stop();
    std::optional<std::size_t> count = to.size() == 0 ? 0 : c->read_now(to, "read");
    while (!count) {
        co_await c->fill("read");
        count = c->read_now(to, "read");
    }
    co_return *count;
}

template <class Stream>
task<std::size_t> read_whole(shared_connection<Stream> c, byte_span to, place where) {
    const hold<Stream> reading(checked<Stream>(c, "read_exactly"), side<Stream>::reading, "read_exactly", where);
    this_task::check_stop();
    std::size_t done = 0;
    try {
        while (done != to.size()) {
            const auto count = c->read_now(byte_span(to.data() + done, to.size() - done), "read_exactly");
            if (count == std::size_t{0})
                transfer_failure(ENODATA, c->named("read_exactly"), {}, done, to.size()).rethrow();
            if (count) done += *count;
            else co_await c->fill("read_exactly");
        }
    } catch (const cancelled&) {
        throw cancelled(done);
    }
    co_return done;
}

template <class Stream>
task<std::size_t> write_whole(shared_connection<Stream> c, byte_view from, place where) {
    const hold<Stream> writing(checked<Stream>(c, "write"), side<Stream>::writing, "write", where);
    this_task::check_stop();
    std::size_t done = 0;
    try {
        while (done != from.size()) {
            done += c->encrypt(byte_view(from.data() + done, from.size() - done), "write");
            co_await c->flush("write");
        }
    } catch (const cancelled&) {
        throw cancelled(done);
    } catch (const std::system_error& e) {
        if (e.code().category() != std::system_category()) throw;
        transfer_failure(e.code().value(), c->named("write"), {}, done, from.size()).rethrow();
    }
    co_return done;
}

template <class Stream>
task<> end_of_writing(shared_connection<Stream> c, place where) {
    const hold<Stream> writing(checked<Stream>(c, "shutdown_write"), side<Stream>::writing, "shutdown_write", where);
    this_task::check_stop();
    c->end_writing("shutdown_write");
    co_await c->flush("shutdown_write");
}

}  // namespace

// ---- the awaiter of read

template <class Stream>
bool basic_tls_read_await<Stream>::await_ready() {
    if (branch_->root->stopping.load(std::memory_order_relaxed) == 0 && connection_ &&
        connection_->read_quickly(to_, count_)) [[likely]]
        return true;
    reading_.emplace(read_some<Stream>(connection_, to_, where_), where_);
    reading_->attach(*branch_);
    return false;
}

// ---- the stream

template <class Stream>
tls_connection<Stream>& basic_tls_stream<Stream>::connection() const {
    if (!connection_) throw std::logic_error("tls_stream: it is empty");
    return *connection_;
}

template <class Stream>
task<std::size_t> basic_tls_stream<Stream>::read_exactly(byte_span to, place where) {
    return read_whole<Stream>(connection_, to, where);
}

template <class Stream>
task<std::size_t> basic_tls_stream<Stream>::write(byte_view from, place where) {
    return write_whole<Stream>(connection_, from, where);
}

template <class Stream>
task<> basic_tls_stream<Stream>::shutdown_write(place where) {
    return end_of_writing<Stream>(connection_, where);
}

template <class Stream>
task<> basic_tls_stream<Stream>::close_connection(shared c) {
    if (!c) co_return;
    c->close_now(true);
    co_await c->finish();
}

template <class Stream>
void basic_tls_stream<Stream>::abandon() noexcept {
    if (connection_) connection_->close_now(false);
}

// What a handshake fails with is thrown when the alert that says so has gone, if that went at once.
template <class Stream>
task<basic_tls_stream<Stream>> basic_tls_stream<Stream>::shake_hands(Stream over,
                                                                     std::shared_ptr<tls_settings> settings,
                                                                     std::string host, const char* operation) {
    const bool is_server = settings->is_server();
    if (is_server != (std::string_view(operation) == "accept"))
        throw std::invalid_argument(is_server ? "tls_stream: a client with a server's context"
                                              : "tls_stream: a server with a client's context");
    if (!over.is_open()) throw std::invalid_argument("tls_stream: the connection is empty");
    basic_tls_stream made(std::make_shared<tls_connection<Stream>>(std::move(over), std::move(settings), host));
    tls_connection<Stream>& c = *made.connection_;
    c.call_it(std::move(host));
    bool agreed = false;
    while (!agreed) {
        agreed = c.agree(operation);
        co_await c.flush(operation);
        if (!agreed) co_await c.fill(operation);
    }
    co_return made;
}

template <class Stream>
task<basic_tls_stream<Stream>> basic_tls_stream<Stream>::connect_by_name(std::string host, std::string service,
                                                                         std::shared_ptr<tls_settings> settings,
                                                                         std::string name, connect_options options)
    requires std::same_as<Stream, tcp_stream>
{
    tcp_stream over = co_await tcp_stream::connect(host, service, options);
    if (name.empty()) name = host;
    task<basic_tls_stream> agreeing = shake_hands(std::move(over), std::move(settings), std::move(name), "connect");
    co_return co_await std::move(agreeing);
}

template <class Stream>
auto basic_tls_stream<Stream>::peer_endpoint() const -> name_type {
    return connection().stream().peer_endpoint();
}

template <class Stream>
std::string_view basic_tls_stream<Stream>::alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(native_session(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

template <class Stream>
std::string_view basic_tls_stream<Stream>::version() const {
    return SSL_get_version(native_session());
}

template <class Stream>
std::string_view basic_tls_stream<Stream>::cipher() const {
    return SSL_get_cipher_name(native_session());
}

template <class Stream>
std::string_view basic_tls_stream<Stream>::server_name() const {
    const char* const name = SSL_get_servername(native_session(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : std::string_view();
}

namespace {

std::string text_of(BIO* b) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(b, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

template <class Stream>
std::string basic_tls_stream<Stream>::peer_subject() const {
    const X509* const shown = SSL_get0_peer_certificate(native_session());
    if (shown == nullptr) return {};
    const owned_bio text(BIO_new(BIO_s_mem()));
    if (!text || X509_NAME_print_ex(text.get(), X509_get_subject_name(shown), 0, XN_FLAG_RFC2253) < 0)
        throw_unusable("peer_subject", {});
    return text_of(text.get());
}

template <class Stream>
std::string basic_tls_stream<Stream>::peer_certificate() const {
    X509* const shown = SSL_get0_peer_certificate(native_session());
    if (shown == nullptr) return {};
    const owned_bio text(BIO_new(BIO_s_mem()));
    if (!text || PEM_write_bio_X509(text.get(), shown) != 1) throw_unusable("peer_certificate", {});
    return text_of(text.get());
}

template <class Stream>
ssl_st* basic_tls_stream<Stream>::native_session() const {
    return connection().ssl();
}

template <class Stream>
int basic_tls_stream<Stream>::native_handle() const noexcept {
    return connection_ ? connection_->stream().native_handle() : -1;
}

template class basic_tls_read_await<tcp_stream>;
template class basic_tls_read_await<unix_stream>;
template class basic_tls_stream<tcp_stream>;
template class basic_tls_stream<unix_stream>;

}  // namespace coil::net

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_context.hpp>

#include <coil/runtime/io/tls_settings.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <stdexcept>

namespace coil::net {

namespace {

// "h2,http/1.1" as it travels: each name after its size.
std::string protocol_list(std::string_view names) {
    std::string list;
    while (!names.empty()) {
        const std::string_view one = names.substr(0, names.find(','));
        if (one.empty() || one.size() > 255)
            throw std::invalid_argument("tls alpn: a protocol's name has 1 to 255 bytes");
        list.push_back(static_cast<char>(one.size()));
        list.append(one);
        names.remove_prefix(std::min(names.size(), one.size() + 1));
    }
    return list;
}

std::string lower(std::string_view name) {
    std::string result(name);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

const unsigned char* bytes(const std::string& s) noexcept {
    return reinterpret_cast<const unsigned char*>(s.data());
}

}  // namespace

owned_ssl_context tls_settings::make_context(bool server, tls_version oldest) {
    ERR_clear_error();
    owned_ssl_context made(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
    if (!made ||
        SSL_CTX_set_min_proto_version(made.get(), oldest == tls_version::v1_2 ? TLS1_2_VERSION : TLS1_3_VERSION) != 1)
        throw_unusable("context", {});
    SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // A connection that waits keeps no buffers.
    SSL_CTX_set_mode(made.get(),
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
}

tls_settings::tls_settings(bool server, bool verify, tls_version oldest, std::string_view alpn)
    : server_(server),
      verify_(verify),
      oldest_(oldest),
      context_(make_context(server, oldest)),
      protocols_(protocol_list(alpn)) {
    SSL_CTX_set_verify(context(), verify ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
                       nullptr);
}

tls_settings::tls_settings(const tls_client_options& o) : tls_settings(false, o.verify, o.oldest, o.alpn) {
    if (!o.ca.empty()) trust(*context(), o.ca, false);
    else if (o.verify && SSL_CTX_set_default_verify_paths(context()) != 1) throw_unusable("ca", "of the system");
    if (!o.certificate.empty()) use_certificate(*context(), o.certificate, o.key);
    // 0 means success here
    if (!protocols_.empty() &&
        SSL_CTX_set_alpn_protos(context(), bytes(protocols_), static_cast<unsigned>(protocols_.size())) != 0)
        throw_unusable("alpn", o.alpn);
}

tls_settings::tls_settings(const tls_server_options& o) : tls_settings(true, !o.client_ca.empty(), o.oldest, o.alpn) {
    if (o.certificate.empty()) throw std::invalid_argument("tls_context: a server needs a certificate");
    use_certificate(*context(), o.certificate, o.key);
    if (!o.client_ca.empty()) trust(*context(), o.client_ca, true);
    // Sessions that are resumed are those of this library's servers; without a name they are refused where clients show
    // certificates.
    static constexpr unsigned char name[] = "coil";
    SSL_CTX_set_session_id_context(context(), name, sizeof name - 1);
    SSL_CTX_set_tlsext_servername_callback(context(), &choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(context(), this);
    if (!protocols_.empty()) SSL_CTX_set_alpn_select_cb(context(), &choose_protocol, this);
}

void tls_settings::add_name(std::string_view name, std::string_view certificate, std::string_view key) {
    if (!server_) throw std::invalid_argument("tls_context::add_name: only a server has several names");
    if (name.empty()) throw std::invalid_argument("tls_context::add_name: the name is empty");
    owned_ssl_context one = make_context(true, oldest_);
    use_certificate(*one, certificate, key);
    if (!protocols_.empty()) SSL_CTX_set_alpn_select_cb(one.get(), &choose_protocol, this);  // asked after the change
    others_.insert_or_assign(lower(name), std::move(one));
}

SSL_CTX* tls_settings::context_for(std::string_view asked) const {
    const std::string name = lower(asked);
    auto found = others_.find(name);
    if (found == others_.end()) {
        const std::size_t dot = name.find('.');
        if (dot != name.npos && dot != 0) found = others_.find(std::string(1, '*').append(name, dot));
    }
    return found == others_.end() ? nullptr : found->second.get();
}

// The certificate alone changes: whom to trust, and protocols, stay those that the session was made with.
int tls_settings::choose_certificate(SSL* s, int*, void* self) noexcept {
    const char* const name = SSL_get_servername(s, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_OK;
    try {
        if (SSL_CTX* const one = static_cast<tls_settings*>(self)->context_for(name)) SSL_set_SSL_CTX(s, one);
        return SSL_TLSEXT_ERR_OK;
    } catch (...) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // no memory
    }
}

int tls_settings::choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                                  unsigned offered_size, void* self) noexcept {
    const std::string& ours = static_cast<tls_settings*>(self)->protocols_;
    unsigned char* chosen = nullptr;
    const int found =
        SSL_select_next_proto(&chosen, size, bytes(ours), static_cast<unsigned>(ours.size()), offered, offered_size);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

tls_context tls_context::client(tls_client_options options) {
    return tls_context(std::make_shared<tls_settings>(options));
}

tls_context tls_context::server(tls_server_options options) {
    return tls_context(std::make_shared<tls_settings>(options));
}

const tls_context& tls_context::standard_client() {
    static const tls_context* const one = new tls_context(client());  // for all threads, until the process ends
    return *one;
}

void tls_context::add_name(std::string_view name, std::string_view certificate, std::string_view key) {
    settings_->add_name(name, certificate, key);
}

bool tls_context::is_server() const noexcept {
    return settings_->is_server();
}

}  // namespace coil::net

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/tls_context.hpp>
#include <coil/runtime/io/tls_openssl.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace coil::net {

/// Is what the connections of a context share. OpenSSL's callbacks look into it, so connections keep it alive.
class tls_settings {
public:
    explicit tls_settings(const tls_client_options& o);
    explicit tls_settings(const tls_server_options& o);
    tls_settings(const tls_settings&) = delete;
    tls_settings& operator=(const tls_settings&) = delete;

    void add_name(std::string_view name, std::string_view certificate, std::string_view key);
    bool is_server() const noexcept { return server_; }
    bool verifies() const noexcept { return verify_; }
    SSL_CTX* context() const noexcept { return context_.get(); }

private:
    tls_settings(bool server, bool verify, tls_version oldest, std::string_view alpn);
    static owned_ssl_context make_context(bool server, tls_version oldest);
    SSL_CTX* context_for(std::string_view name) const;
    static int choose_certificate(SSL* s, int* alert, void* self) noexcept;
    static int choose_protocol(SSL* s, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                               unsigned offered_size, void* self) noexcept;

    bool server_;
    bool verify_;
    tls_version oldest_;
    owned_ssl_context context_;
    std::string protocols_;                                        // each with its size before it
    std::map<std::string, owned_ssl_context, std::less<>> others_;  // by their names, in lower case
};

}  // namespace coil::net

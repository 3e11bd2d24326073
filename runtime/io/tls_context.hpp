// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

namespace coil::net {

class tls_settings;

/// Says which version of TLS is the oldest to be spoken; the newest that both sides know is taken.
enum class tls_version : std::uint8_t { v1_2, v1_3 };

// Certificates and keys are in PEM: the path of a file, or the text itself ("-----BEGIN CERTIFICATE-----...").

/// Says how clients behave.
struct tls_client_options {
    std::string_view ca = {};           // who may vouch for servers; empty: whom the system trusts
    bool verify = true;            // false: anybody may be the server, and read everything
    std::string_view certificate = {};  // the client's own, with those between it and its authority; empty: none
    std::string_view key = {};          // of the certificate; empty: it stands beside it
    std::string_view alpn = {};         // protocols to speak inside, the best first: "h2,http/1.1"
    tls_version oldest = tls_version::v1_2;
};

/// Says how servers behave.
struct tls_server_options {
    std::string_view certificate = {};  // the server's, with those between it and its authority
    std::string_view key = {};          // of the certificate; empty: it stands beside it
    std::string_view client_ca = {};    // who may vouch for clients, which then must show a certificate; empty: nobody
    std::string_view alpn = {};         // protocols to speak inside, the best first; who has none of them is refused
    tls_version oldest = tls_version::v1_2;
};

/// Holds what many TLS connections share: certificates, keys, whom to trust.
/// Shape: of clients, or of servers. Copies share it; it lives as long as a connection needs it.
/// Errors: `std::system_error` with the file and OpenSSL's words: "tls certificate server.pem: No such file or
/// directory", or `tls_errc::unusable_configuration`.
/// Threads: connections on any threads share it; `add_name` comes before they do.
/// Cost: making one reads files at once, on the calling thread, and for clients everybody whom the system trusts: some
/// milliseconds.
class tls_context {
public:
    static tls_context client(tls_client_options options = {});
    static tls_context server(tls_server_options options);
    /// A client's that trusts whom the system trusts; made once per process.
    static const tls_context& standard_client();

    /// Gives a server another certificate for clients that ask for `name` (SNI): "example.org", or "*.example.org" for
    /// every host just below it.
    void add_name(std::string_view name, std::string_view certificate, std::string_view key = {});

    bool is_server() const noexcept;
    /// What sessions are made of.
    const std::shared_ptr<tls_settings>& settings() const noexcept { return settings_; }

private:
    explicit tls_context(std::shared_ptr<tls_settings> s) noexcept : settings_(std::move(s)) {}
    std::shared_ptr<tls_settings> settings_;
};

}  // namespace coil::net

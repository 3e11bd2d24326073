// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <system_error>
#include <type_traits>

namespace coil::net {

/// Says in which way TLS failed; the text of the error has OpenSSL's own words besides.
enum class tls_errc {
    truncated = 1,           // the connection ended, and the peer had not announced it: bytes may be missing
    certificate_refused,     // the peer's certificate leads back to nobody who is trusted, has expired, or is missing
    wrong_name,              // the certificate is in order, and another host's
    refused_by_peer,         // the peer ended the session with an alert
    protocol,                // what came is no TLS, or no version or cipher suits both sides
    unusable_configuration,  // a certificate, key or list that cannot be used
};

/// Names the category of `tls_errc`: "tls".
const std::error_category& tls_category() noexcept;

inline std::error_code make_error_code(tls_errc e) noexcept {
    return {static_cast<int>(e), tls_category()};
}

}  // namespace coil::net

template <>
struct std::is_error_code_enum<coil::net::tls_errc> : std::true_type {};

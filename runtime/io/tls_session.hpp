// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/tls_bytes.hpp>
#include <coil/runtime/io/tls_error.hpp>
#include <coil/runtime/io/tls_openssl.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace coil::net {

class tls_settings;

/// Is one end of a TLS session without a connection: bytes go in and come out, and nothing waits.
/// Threads: one at a time. Errors: what fails is told by `outcome::failed`; then `problem` says what it was.
class tls_session {
public:
    enum class outcome { done, wants_input, ended, failed };

    /// Shape: a client is for a host, which its certificate has to name; a server takes no host.
    /// Errors: `std::invalid_argument` for a client that is to check and has no name to check against.
    tls_session(std::shared_ptr<tls_settings> settings, std::string_view host);

    /// Goes on with agreeing on keys.
    outcome shake_hands();
    /// Decrypts some bytes. `ended`: the peer has said that no more come.
    outcome read(byte_span to, std::size_t& count);
    /// Encrypts some bytes, which are then to be sent.
    outcome write(byte_view from, std::size_t& count);
    /// Says that no more will be written; once.
    outcome end_writing();
    bool has_ended_writing() const noexcept { return ended_writing_; }

    /// What went wrong, as an error of "read 127.0.0.1:443".
    std::system_error problem(const std::string& operation_and_object) const;

    tls_bytes& bytes() noexcept { return bytes_; }
    SSL* ssl() const noexcept { return ssl_.get(); }

private:
    outcome judge(int result);
    void set_host(std::string_view host, bool verify);
    outcome fail(tls_errc what, std::string words);

    std::shared_ptr<tls_settings> settings_;
    tls_bytes bytes_;
    owned_ssl ssl_;
    bool ended_writing_ = false;
    bool failed_ = false;
    tls_errc failure_ = tls_errc::protocol;
    std::string words_;
};

}  // namespace coil::net

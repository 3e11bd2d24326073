// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_session.hpp>

#include <coil/runtime/io/tls_settings.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

namespace coil::net {

tls_session::tls_session(std::shared_ptr<tls_settings> settings, std::string_view host)
    : settings_(std::move(settings)) {
    ERR_clear_error();
    ssl_.reset(SSL_new(settings_->context()));
    if (!ssl_) throw_unusable("session", {});
    BIO* const both = bytes_.make_bio();
    if (both == nullptr) throw std::bad_alloc();
    SSL_set_bio(ssl(), both, both);
    if (settings_->is_server()) {
        SSL_set_accept_state(ssl());
    } else {
        SSL_set_connect_state(ssl());
        set_host(host, settings_->verifies());
    }
}

void tls_session::set_host(std::string_view host, bool verify) {
    if (host.ends_with('.')) host.remove_suffix(1);  // of a name that is complete
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (host.empty()) {
        if (verify)
            throw std::invalid_argument("tls: without a host's name there is nothing to check the peer against");
        return;
    }
    const std::string name(host);
    if (name.find('\0') != name.npos) throw std::invalid_argument("tls: a host's name has no zero in it");
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl());
    const std::unique_ptr<ASN1_OCTET_STRING, freed_by<&ASN1_OCTET_STRING_free>> address(a2i_IPADDRESS(name.c_str()));
    ERR_clear_error();
    if (address) {
        // an address is no name that could be asked for
        if (verify && X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) != 1) throw_unusable("host", name);
        return;
    }
    if (SSL_set_tlsext_host_name(ssl(), name.c_str()) != 1) throw_unusable("host", name);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (verify && X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), 0) != 1) throw_unusable("host", name);
}

tls_session::outcome tls_session::fail(tls_errc what, std::string words) {
    if (!failed_) {
        failed_ = true;
        failure_ = what;
        words_ = std::move(words);
    }
    return outcome::failed;
}

tls_session::outcome tls_session::judge(int result) {
    switch (SSL_get_error(ssl(), result)) {
    case SSL_ERROR_NONE: return outcome::done;
    case SSL_ERROR_WANT_READ: return outcome::wants_input;
    case SSL_ERROR_ZERO_RETURN: return outcome::ended;
    default: break;
    }
    const unsigned long first = ERR_peek_error();
    const int reason = ERR_GET_LIB(first) == ERR_LIB_SSL ? ERR_GET_REASON(first) : 0;
    std::string words = openssl_words();
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || (first == 0 && bytes_.has_ended()))
        return fail(tls_errc::truncated, {});
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        const long why = SSL_get_verify_result(ssl());
        const bool is_name = why == X509_V_ERR_HOSTNAME_MISMATCH || why == X509_V_ERR_IP_ADDRESS_MISMATCH;
        return fail(is_name ? tls_errc::wrong_name : tls_errc::certificate_refused, X509_verify_cert_error_string(why));
    }
    if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return fail(tls_errc::certificate_refused, std::move(words));
    // Alerts have the numbers of the protocol above this one.
    if (reason > SSL_AD_REASON_OFFSET) return fail(tls_errc::refused_by_peer, std::move(words));
    return fail(tls_errc::protocol, std::move(words));
}

tls_session::outcome tls_session::shake_hands() {
    if (failed_) return outcome::failed;
    ERR_clear_error();
    const outcome r = judge(SSL_do_handshake(ssl()));
    return r == outcome::ended ? fail(tls_errc::truncated, "in the handshake") : r;
}

tls_session::outcome tls_session::read(byte_span to, std::size_t& count) {
    count = 0;
    if (failed_) return outcome::failed;
    ERR_clear_error();
    return judge(SSL_read_ex(ssl(), to.data(), to.size(), &count));
}

tls_session::outcome tls_session::write(byte_view from, std::size_t& count) {
    count = 0;
    if (failed_) return outcome::failed;
    ERR_clear_error();
    return judge(SSL_write_ex(ssl(), from.data(), from.size(), &count));
}

tls_session::outcome tls_session::end_writing() {
    if (ended_writing_) return outcome::done;
    if (failed_) return outcome::failed;
    ended_writing_ = true;
    ERR_clear_error();
    const int r = SSL_shutdown(ssl());  // 0: the peer has not done so yet, which is no error
    return r >= 0 ? outcome::done : judge(r);
}

std::system_error tls_session::problem(const std::string& operation_and_object) const {
    return {make_error_code(failure_), words_.empty() ? operation_and_object : operation_and_object + ", " + words_};
}

}  // namespace coil::net

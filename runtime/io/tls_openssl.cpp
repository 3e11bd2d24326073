// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_openssl.hpp>

#include <coil/runtime/base/shortened.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <limits>
#include <stdexcept>

namespace coil::net {

std::string openssl_words() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return {};
    if (const char* words = ERR_reason_error_string(code)) return words;
    char text[256];
    ERR_error_string_n(code, text, sizeof text);
    return text;
}

void throw_unusable(std::string_view what, std::string_view object) {
    std::string text = "tls " + std::string(what);
    if (!object.empty()) text.append(" ").append(shortened(object));
    const unsigned long first = ERR_peek_error();
    if (ERR_SYSTEM_ERROR(first)) {
        ERR_clear_error();
        throw std::system_error(ERR_GET_REASON(first), std::system_category(), text);
    }
    if (const std::string words = openssl_words(); !words.empty()) text.append(", ").append(words);
    throw std::system_error(tls_errc::unusable_configuration, text);
}

namespace {

constexpr std::string_view beginning = "-----BEGIN ";

// A PEM that stands in the text, with or without blank lines before it.
bool is_text(std::string_view pem) noexcept {
    return pem.find(beginning) != pem.npos;
}

}  // namespace

std::string_view pem_name(std::string_view pem) noexcept {
    return is_text(pem) ? std::string_view("(a text)") : pem;
}

owned_bio open_pem(std::string_view what, std::string_view pem) {
    ERR_clear_error();
    if (pem.find('\0') != pem.npos)
        throw std::invalid_argument("tls " + std::string(what) + ": neither a file's name nor a PEM has a zero in it");
    if (pem.size() > std::numeric_limits<int>::max()) throw std::length_error("tls " + std::string(what));
    owned_bio from(is_text(pem) ? BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))
                                : BIO_new_file(std::string(pem).c_str(), "r"));
    if (!from) throw_unusable(what, pem_name(pem));
    return from;
}

namespace {

// Whether a PEM has come to its end, rather than to something that cannot be read.
bool at_end_of_pem() noexcept {
    const unsigned long last = ERR_peek_last_error();
    return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

}  // namespace

void use_certificate(SSL_CTX& c, std::string_view certificate, std::string_view key) {
    const std::string_view name = pem_name(certificate);
    const owned_bio from = open_pem("certificate", certificate);
    const owned_certificate own(PEM_read_bio_X509_AUX(from.get(), nullptr, nullptr, nullptr));
    if (!own || SSL_CTX_use_certificate(&c, own.get()) != 1) throw_unusable("certificate", name);
    SSL_CTX_clear_chain_certs(&c);
    while (owned_certificate above{PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)}) {
        if (SSL_CTX_add0_chain_cert(&c, above.get()) != 1) throw_unusable("certificate", name);
        static_cast<void>(above.release());  // the context's now
    }
    if (!at_end_of_pem()) throw_unusable("certificate", name);

    const std::string_view where = key.empty() ? certificate : key;
    const owned_bio key_from = open_pem("key", where);
    const owned_key secret(PEM_read_bio_PrivateKey(key_from.get(), nullptr, nullptr, nullptr));
    if (!secret || SSL_CTX_use_PrivateKey(&c, secret.get()) != 1 || SSL_CTX_check_private_key(&c) != 1)
        throw_unusable("key", pem_name(where));
}

void trust(SSL_CTX& c, std::string_view authorities, bool named) {
    const owned_bio from = open_pem("ca", authorities);
    X509_STORE* const store = SSL_CTX_get_cert_store(&c);
    int count = 0;
    while (const owned_certificate one{PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)}) {
        if (X509_STORE_add_cert(store, one.get()) != 1) throw_unusable("ca", pem_name(authorities));
        if (named && SSL_CTX_add_client_CA(&c, one.get()) != 1) throw_unusable("ca", pem_name(authorities));
        ++count;
    }
    if (count == 0 || !at_end_of_pem()) throw_unusable("ca", pem_name(authorities));
    ERR_clear_error();
}

}  // namespace coil::net

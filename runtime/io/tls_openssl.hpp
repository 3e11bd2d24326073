// SPDX-License-Identifier: BSL-1.0
// OpenSSL's objects, owned, and its words about what went wrong.
#pragma once
#include <coil/runtime/io/tls_error.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace coil::net {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* p) const noexcept {
        Free(p);
    }
};
using owned_bio = std::unique_ptr<BIO, freed_by<&BIO_free>>;
using owned_certificate = std::unique_ptr<X509, freed_by<&X509_free>>;
using owned_key = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using owned_ssl = std::unique_ptr<SSL, freed_by<&SSL_free>>;
using owned_ssl_context = std::unique_ptr<SSL_CTX, freed_by<&SSL_CTX_free>>;

/// The first error that waits in this thread's queue, in OpenSSL's words; the queue is empty afterwards.
std::string openssl_words();
/// Throws what waits in the queue, about "tls certificate server.pem": a file's errno, or `unusable_configuration`.
[[noreturn]] void throw_unusable(std::string_view what, std::string_view object);

/// Opens PEM: a text that is one, or the file of that name. Errors: as `throw_unusable`.
owned_bio open_pem(std::string_view what, std::string_view pem);
/// How it is called in errors: the name of the file, or "(a text)".
std::string_view pem_name(std::string_view pem) noexcept;

/// Gives a context its certificate, with what stands between it and its authority, and the key.
void use_certificate(SSL_CTX& c, std::string_view certificate, std::string_view key);
/// Has a context trust the authorities in a PEM. If `named`, clients are told who they are.
void trust(SSL_CTX& c, std::string_view authorities, bool named);

}  // namespace coil::net

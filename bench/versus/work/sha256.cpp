// SPDX-License-Identifier: BSL-1.0
#include "work/sha256.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace versus {
namespace {

struct context_end {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void check(int one) {
    if (one != 1) throw std::runtime_error("OpenSSL refused SHA-256");
}

}  // namespace

sha256_value sha256(std::span<const std::byte> bytes, unsigned rounds) {
    // Fetched once: a look-up of the algorithm per call would take a lock that all threads share.
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    const std::unique_ptr<EVP_MD_CTX, context_end> context(EVP_MD_CTX_new());
    if (algorithm == nullptr || context == nullptr) throw std::runtime_error("OpenSSL offers no SHA-256");

    sha256_value value{};
    for (unsigned round = 0; round < rounds; ++round) {
        check(EVP_DigestInit_ex2(context.get(), algorithm, nullptr));
        if (round > 0) check(EVP_DigestUpdate(context.get(), value.data(), value.size()));
        check(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()));
        check(EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(value.data()), nullptr));
    }
    return value;
}

std::string hex(std::span<const std::byte> bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte >> 4)];
        text += digits[std::to_integer<unsigned>(byte & std::byte{15})];
    }
    return text;
}

}  // namespace versus

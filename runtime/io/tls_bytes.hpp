// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/ring/chunk.hpp>

#include <openssl/bio.h>

#include <cstddef>
#include <vector>

namespace coil::net {

/// Is where OpenSSL reads what has come and leaves what is to go: a BIO without a descriptor.
/// What comes is read where it lies, in the buffer that the loop lends; what goes is gathered until somebody sends it.
class tls_bytes {
public:
    tls_bytes() = default;
    tls_bytes(const tls_bytes&) = delete;
    tls_bytes& operator=(const tls_bytes&) = delete;

    /// Makes the BIO that stands for these bytes; its owner frees it, before they go. Null if there is no memory.
    BIO* make_bio() noexcept;

    /// Takes what has come; an empty chunk is the end. What came before has been read.
    void feed(chunk more) noexcept;
    bool has_ended() const noexcept { return ended_; }

    /// What is to be sent next; it stays where it is, whatever is gathered meanwhile, until it was `sent`.
    byte_view next();
    /// So many of these bytes have gone.
    void sent(std::size_t count) noexcept;
    bool has_output() const noexcept { return sent_ != going_.size() || !gathered_.empty(); }

private:
    static int read_bio(BIO* b, char* to, std::size_t size, std::size_t* done) noexcept;
    static int write_bio(BIO* b, const char* from, std::size_t size, std::size_t* done) noexcept;
    static long control_bio(BIO* b, int what, long number, void* pointer) noexcept;
    static const BIO_METHOD* method() noexcept;

    chunk come_;
    std::size_t taken_ = 0;  // of what has come
    bool ended_ = false;
    std::vector<std::byte> going_;
    std::size_t sent_ = 0;  // of what is going
    std::vector<std::byte> gathered_;
};

}  // namespace coil::net

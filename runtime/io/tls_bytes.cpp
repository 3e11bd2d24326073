// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_bytes.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace coil::net {

namespace {

// More than this is gathered only by a peer that keeps asking for answers and reads none.
constexpr std::size_t most_gathered = std::size_t{1} << 20;
// So much memory stays with a connection that has sent all.
constexpr std::size_t kept_at_rest = 512;

void give_up(std::vector<std::byte>& v) noexcept {
    if (v.capacity() > kept_at_rest) std::vector<std::byte>().swap(v);
    else v.clear();
}

}  // namespace

const BIO_METHOD* tls_bytes::method() noexcept {
    static BIO_METHOD* const one = [] {
        BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "coil");
        if (m != nullptr) {
            BIO_meth_set_read_ex(m, &read_bio);
            BIO_meth_set_write_ex(m, &write_bio);
            BIO_meth_set_ctrl(m, &control_bio);
        }
        return m;
    }();
    return one;
}

BIO* tls_bytes::make_bio() noexcept {
    const BIO_METHOD* const m = method();
    BIO* const made = m != nullptr ? BIO_new(m) : nullptr;
    if (made != nullptr) {
        BIO_set_data(made, this);
        BIO_set_init(made, 1);
    }
    return made;
}

void tls_bytes::feed(chunk more) noexcept {
    ended_ = more.empty();
    come_ = std::move(more);
    taken_ = 0;
}

byte_view tls_bytes::next() {
    if (sent_ == going_.size()) {
        sent_ = 0;
        going_.clear();
        std::swap(going_, gathered_);
        if (going_.empty()) {
            give_up(going_);
            give_up(gathered_);
        }
    }
    return {going_.data() + sent_, going_.size() - sent_};
}

void tls_bytes::sent(std::size_t count) noexcept {
    sent_ += count;
}

int tls_bytes::read_bio(BIO* b, char* to, std::size_t size, std::size_t* done) noexcept {
    auto& self = *static_cast<tls_bytes*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    *done = std::min(size, self.come_.size() - self.taken_);
    if (*done == 0) {
        if (!self.ended_) BIO_set_retry_read(b);
        return 0;
    }
    std::memcpy(to, self.come_.data() + self.taken_, *done);
    self.taken_ += *done;
    if (self.taken_ == self.come_.size()) {
        self.come_.reset();  // the loop's again
        self.taken_ = 0;
    }
    return 1;
}

int tls_bytes::write_bio(BIO* b, const char* from, std::size_t size, std::size_t* done) noexcept {
    auto& self = *static_cast<tls_bytes*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    *done = 0;
    if (self.gathered_.size() + size > most_gathered) return 0;
    const auto* const bytes = reinterpret_cast<const std::byte*>(from);
    try {
        self.gathered_.insert(self.gathered_.end(), bytes, bytes + size);
    } catch (const std::bad_alloc&) {
        return 0;
    }
    *done = size;
    return 1;
}

long tls_bytes::control_bio(BIO* b, int what, long, void*) noexcept {
    const auto& self = *static_cast<const tls_bytes*>(BIO_get_data(b));
    switch (what) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return self.ended_ && self.come_.empty() ? 1 : 0;
    default: return 0;
    }
}

}  // namespace coil::net

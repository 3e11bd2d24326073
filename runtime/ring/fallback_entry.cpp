// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_entry.hpp>

#include <sys/socket.h>

#include <algorithm>

namespace coil::ring {

namespace {
std::size_t sum(const iovec* parts, std::size_t count) noexcept {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i != count; ++i)
        bytes += parts[i].iov_len;
    return bytes;
}
}  // namespace

transfer_parts::transfer_parts(const io_uring_sqe& e, std::size_t done) noexcept {
    if (e.opcode == IORING_OP_READV || e.opcode == IORING_OP_WRITEV) {
        first_ = at_address<const iovec>(e.addr);
        count_ = e.len;
        if (done != 0) copy(first_, count_, done);
        return;
    }
    own_[0] = {at_address<char>(e.addr) + done, e.len - done};
    first_ = own_.data();
    count_ = 1;
}

transfer_parts::transfer_parts(const msghdr& message, std::size_t done) noexcept
    : first_(message.msg_iov), count_(message.msg_iovlen) {
    if (done != 0) copy(first_, count_, done);
}

void transfer_parts::copy(const iovec* from, std::size_t count, std::size_t done) noexcept {
    for (; count != 0 && done >= from->iov_len; --count)
        done -= (from++)->iov_len;
    first_ = own_.data();
    count_ = std::min(count, most_parts);
    std::copy_n(from, count_, own_.begin());
    if (count_ == 0) return;
    own_[0].iov_base = static_cast<char*>(own_[0].iov_base) + done;
    own_[0].iov_len -= done;
}

void transfer_parts::shorten(std::size_t most) noexcept {
    if (first_ != own_.data()) copy(first_, count_, 0);
    for (std::size_t i = 0; i != count_; ++i) {
        own_[i].iov_len = std::min(own_[i].iov_len, most);
        most -= own_[i].iov_len;
        if (most == 0) {
            count_ = i + 1;
            return;
        }
    }
}

std::size_t size_of_transfer(const io_uring_sqe& e) noexcept {
    switch (e.opcode) {
    case IORING_OP_READV:
    case IORING_OP_WRITEV:
        return sum(at_address<const iovec>(e.addr), e.len);
    case IORING_OP_SENDMSG:
    case IORING_OP_RECVMSG: {
        const auto& m = *at_address<const msghdr>(e.addr);
        return sum(m.msg_iov, m.msg_iovlen);
    }
    default:
        return e.len;
    }
}

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
// The floor of the echo rows: one thread, one ring, liburing alone, no coroutines.
// --mode plain     a receive and a send in turn, each connection with its own buffer
// --mode poll      the same, receives told to poll first (IORING_RECVSEND_POLL_FIRST)
// --mode provided  receives take a buffer from a shared ring only when data has come: nothing is held while idle
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "../ring/raw_ring.hpp"
#include "echo_options.hpp"

namespace {

using floor_of::raw_ring;

struct connection {
    int fd = -1;
    std::uint32_t size = 0;       // bytes of the message being sent
    std::uint16_t buffer_id = 0;  // provided mode
    bool sending = false;
    std::unique_ptr<char[]> own;  // plain and poll mode
};

class server {
public:
    explicit server(echo::options o)
        : options_(o), ring_(1024), provided_(o.mode == "provided"), poll_(o.mode == "poll") {
        listener_ = echo::listen(options_);
        if (provided_) provide();
        accept_more();
    }

    [[noreturn]] void run() {
        echo::announce(options_.port);
        for (;;) {
            echo::add_one(options_.counts->enters);
            ring_.submit_and_reap(1, [this](io_uring_cqe& c) {
                if (c.user_data == 0) accepted(c);
                else step(*reinterpret_cast<connection*>(c.user_data), c);
            });
        }
    }

private:
    static constexpr unsigned provided_count = 1024;

    void provide() {
        const std::size_t bytes = provided_count * sizeof(io_uring_buf);
        void* at = nullptr;
        if (posix_memalign(&at, 4096, bytes) != 0) std::abort();
        buffers_ = static_cast<io_uring_buf_ring*>(at);
        io_uring_buf_reg reg{};
        reg.ring_addr = reinterpret_cast<std::uint64_t>(at);
        reg.ring_entries = provided_count;
        raw_ring::check(io_uring_register_buf_ring(ring_.get(), &reg, 0), "io_uring_register_buf_ring");
        io_uring_buf_ring_init(buffers_);
        pool_.resize(provided_count * options_.buffer);
        for (unsigned i = 0; i < provided_count; ++i)
            io_uring_buf_ring_add(buffers_, buffer(i), static_cast<unsigned>(options_.buffer),
                                  static_cast<unsigned short>(i), io_uring_buf_ring_mask(provided_count),
                                  static_cast<int>(i));
        io_uring_buf_ring_advance(buffers_, provided_count);
    }

    char* buffer(unsigned id) { return pool_.data() + id * options_.buffer; }

    void give_back(std::uint16_t id) {
        io_uring_buf_ring_add(buffers_, buffer(id), static_cast<unsigned>(options_.buffer), id,
                              io_uring_buf_ring_mask(provided_count), 0);
        io_uring_buf_ring_advance(buffers_, 1);
    }

    void accept_more() {
        io_uring_sqe* e = ring_.entry();
        io_uring_prep_multishot_accept(e, listener_, nullptr, nullptr, SOCK_CLOEXEC);
        io_uring_sqe_set_data64(e, 0);
    }

    void accepted(const io_uring_cqe& c) {
        if (c.res >= 0) {
            const int on = 1;
            setsockopt(c.res, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            auto* k = new connection;
            k->fd = c.res;
            if (!provided_) k->own = std::make_unique_for_overwrite<char[]>(options_.buffer);
            receive(*k);
        }
        if ((c.flags & IORING_CQE_F_MORE) == 0) accept_more();
    }

    void receive(connection& k) {
        io_uring_sqe* e = ring_.entry();
        io_uring_prep_recv(e, k.fd, provided_ ? nullptr : k.own.get(), provided_ ? 0 : options_.buffer, 0);
        if (provided_) {
            e->flags |= IOSQE_BUFFER_SELECT;
            e->buf_group = 0;
        }
        if (poll_) e->ioprio |= IORING_RECVSEND_POLL_FIRST;
        io_uring_sqe_set_data(e, &k);
        k.sending = false;
    }

    void send(connection& k, const char* from) {
        io_uring_sqe* e = ring_.entry();
        io_uring_prep_send(e, k.fd, from, k.size, MSG_WAITALL | MSG_NOSIGNAL);
        io_uring_sqe_set_data(e, &k);
        k.sending = true;
    }

    void step(connection& k, const io_uring_cqe& c) {
        if (k.sending) {
            if (provided_) give_back(k.buffer_id);
            if (c.res < static_cast<int>(k.size)) return end(k);
            return receive(k);
        }
        if (c.res == -ENOBUFS) return receive(k);
        if (c.res <= 0) return end(k);
        k.size = static_cast<std::uint32_t>(c.res);
        if (provided_) k.buffer_id = static_cast<std::uint16_t>(c.flags >> IORING_CQE_BUFFER_SHIFT);
        send(k, provided_ ? buffer(k.buffer_id) : k.own.get());
    }

    static void end(connection& k) {
        close(k.fd);
        delete &k;
    }

    echo::options options_;
    raw_ring ring_;
    bool provided_;
    bool poll_;
    int listener_ = -1;
    io_uring_buf_ring* buffers_ = nullptr;
    std::vector<char> pool_;
};

}  // namespace

int main(int argc, char** argv) {
    server s(echo::parse(argc, argv));
    s.run();
}

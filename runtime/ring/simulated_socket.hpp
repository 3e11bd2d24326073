// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/simulated_file.hpp>
#include <coil/runtime/ring/simulated_network.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace coil::ring {

// What comes with bytes that are received.
struct simulated_envelope {
    std::string from;
    simulated_descriptors files;
    int flags = 0;  // MSG_TRUNC
};

// A socket: its name, its options, and what its kind makes of the calls.
class simulated_socket : public simulated_file {
public:
    simulated_socket(simulated_network& net, int domain, int type, int status_flags) noexcept;
    ~simulated_socket() override;

    int domain() const noexcept { return domain_; }
    int type() const noexcept { return type_; }
    bool is_ip() const noexcept;
    virtual bool is_listening() const noexcept { return false; }

    virtual long listen(int backlog);
    virtual long connect(const simulated_place& to) = 0;
    // The next connection, or null and -EAGAIN or another error.
    virtual std::pair<long, std::shared_ptr<simulated_socket>> accept();
    // `to` may be null.
    virtual long send(simulated_parts from, std::size_t most, int flags, const simulated_place* to,
                      const simulated_descriptors& files) = 0;
    virtual long receive(simulated_parts to, std::size_t most, int flags, simulated_envelope& with) = 0;
    virtual long shutdown(int how) = 0;
    virtual bool has_peer() const noexcept = 0;
    // Breaks the connection, as a reset by the peer does; -ECONNRESET.
    virtual long reset();
    // True if a further receive would find bytes.
    virtual bool has_more() const noexcept = 0;
    // What SO_ERROR tells once.
    virtual int take_error() noexcept = 0;

    long read(simulated_parts to, std::int64_t offset, std::size_t most) override;
    long write(simulated_parts from, std::int64_t offset, std::size_t most) override;

    long set_option(int level, int name, const void* value, unsigned size);
    long get_option(int level, int name, void* value, unsigned* size);
    bool flag(int level, int name) const;

    std::string key;    // empty while it has no name
    std::string local;  // its own address, then the peer's
    std::string peer;

protected:
    // Makes sure of a local address when it speaks to one: the same host, some port.
    void bind_towards(const std::string& to);

    simulated_network& net_;
    std::map<std::pair<int, int>, std::string> options_;

private:
    const int domain_;
    const int type_;
};

// TCP, and Unix streams.
class simulated_stream final : public simulated_socket {
public:
    simulated_stream(simulated_network& net, int domain, int status_flags, std::size_t buffer) noexcept;
    ~simulated_stream() override;
    // Two that speak to each other.
    static void join(simulated_stream& a, simulated_stream& b);

    bool is_listening() const noexcept override { return backlog_ >= 0; }
    long listen(int backlog) override;
    long connect(const simulated_place& to) override;
    std::pair<long, std::shared_ptr<simulated_socket>> accept() override;
    long send(simulated_parts from, std::size_t most, int flags, const simulated_place* to,
              const simulated_descriptors& files) override;
    long receive(simulated_parts to, std::size_t most, int flags, simulated_envelope& with) override;
    long shutdown(int how) override;
    bool has_peer() const noexcept override { return in_ != nullptr; }
    long reset() override;
    bool has_more() const noexcept override { return in_ != nullptr && in_->size() != 0; }
    int take_error() noexcept override;
    short poll() const noexcept override;
    std::size_t room() const noexcept override { return out_ != nullptr ? out_->room() : 0; }

private:
    void hang_up(bool by_reset) noexcept;

    const std::size_t buffer_;
    int backlog_ = -1;
    bool was_shut_ = false;  // a listener that was, or the reading side
    std::deque<std::shared_ptr<simulated_stream>> queue_;
    std::shared_ptr<simulated_bytes> in_, out_;
};

// UDP, and Unix datagrams.
class simulated_datagram_socket final : public simulated_socket {
public:
    simulated_datagram_socket(simulated_network& net, int domain, int status_flags, std::size_t buffer,
                              double lost) noexcept;
    static void join(simulated_datagram_socket& a, simulated_datagram_socket& b);

    long connect(const simulated_place& to) override;
    long send(simulated_parts from, std::size_t most, int flags, const simulated_place* to,
              const simulated_descriptors& files) override;
    long receive(simulated_parts to, std::size_t most, int flags, simulated_envelope& with) override;
    long shutdown(int how) override;
    bool has_peer() const noexcept override { return !towards_.key.empty(); }
    bool has_more() const noexcept override { return !queue_.empty(); }
    int take_error() noexcept override { return std::exchange(error_, 0); }
    short poll() const noexcept override;

private:
    struct datagram {
        std::string from;
        std::string bytes;
        simulated_descriptors files;
    };
    bool is_full(std::size_t more) const noexcept;
    void leave_peer() noexcept;

    const std::size_t buffer_;
    const double lost_;
    std::deque<datagram> queue_;
    std::size_t queued_ = 0;
    simulated_place towards_;  // the peer of a connected one
    int error_ = 0;
    bool shut_read_ = false, shut_write_ = false;
};

}  // namespace coil::ring

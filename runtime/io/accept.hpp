// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/tcp_stream.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

struct sockaddr;

namespace coil::net {

/// Accepts a connection. When descriptors or memory are short it does not fail: the connection stays in the listener's
/// line, and a growing pause lies between two tries.
class patient_accept : public ring::operation {
protected:
    /// Tells the listener's name, for the log.
    using name_of = std::string (*)(const patient_accept&);
    patient_accept(ring::descriptor& d, name_of local, place where) noexcept
        : operation(table, d, where), name_(local) {}
    patient_accept(patient_accept&&) = default;
    ~patient_accept() = default;

    const sockaddr* peer() const noexcept { return reinterpret_cast<const sockaddr*>(peer_.data()); }
    unsigned peer_size() const noexcept { return size_; }

private:
    // What the present entry does. After a shortage: pause, wait until somebody is in the line, accept.
    enum class step : std::uint8_t { accept, pause, watch };

    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const ring::operation_table table;

    bool runs_short(int error) noexcept;

    name_of name_;
    step step_ = step::accept;
    long long pause_ms_ = 0;
    long long pause_[2] = {0, 0};  // as the kernel's timespec
    unsigned size_ = 0;
    alignas(std::uint64_t) std::array<std::byte, 28> peer_;
};

/// Is the awaiter of `tcp_listener::accept`.
class [[nodiscard("co_await it")]] accept_await : public fallible<accept_await, patient_accept, tcp_stream> {
public:
    accept_await(ring::descriptor& d, const endpoint& local, place where) noexcept
        : fallible(d, &name, where), local_(local) {}

private:
    friend fallible;
    static std::string name(const patient_accept& a) { return to_string(static_cast<const accept_await&>(a).local_); }
    tcp_stream value(int fd) const;
    error failure(int error) const;
    endpoint local_;
};

}  // namespace coil::net

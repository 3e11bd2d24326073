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

namespace coil::net {

/// Is the awaiter of `tcp_listener::accept`. When descriptors or memory are short it does not fail: the connection stays
/// in the listener's line, and a growing pause lies between two tries.
class [[nodiscard("co_await it")]] accept_await : public fallible<accept_await, ring::operation, tcp_stream> {
public:
    accept_await(ring::descriptor& d, const endpoint& local, place where) noexcept
        : fallible(table, d, where), local_(local) {}

private:
    friend fallible;
    // What the present entry does. After a shortage: pause, wait until somebody is in the line, accept.
    enum class step : std::uint8_t { accept, pause, watch };

    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const ring::operation_table table;

    bool runs_short(int error) noexcept;
    tcp_stream value(int fd) const;
    error failure(int error) const;

    endpoint local_;
    step step_ = step::accept;
    long long pause_ms_ = 0;
    long long pause_[2] = {0, 0};  // as the kernel's timespec
    unsigned size_ = 0;
    alignas(std::uint64_t) std::array<std::byte, 28> peer_;
};

}  // namespace coil::net

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/codec.hpp>
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/manager_protocol.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <memory>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace coil::process {

/// Is thrown by operations on what a manager kept, once its process has ended.
class manager_died : public std::runtime_error {
public:
    manager_died() : std::runtime_error("the manager's process has ended") {}
};

/// Begins a request.
inline encoder request(manager_op op) {
    encoder to;
    to.value(op);
    return to;
}

class manager_line;

/// Is a connection to a manager: one socket for requests and answers, and one by which others are introduced to the same
/// manager. So who has a connection can make another and pass it on, and nobody else can reach the manager at all.
class manager_connection {
public:
    /// Introduces a new connection, which begins with the request `opening`. `introductions` is duplicated.
    /// Errors: `manager_died`; `std::system_error`.
    static manager_connection make(int introductions, std::vector<std::byte> opening);
    manager_connection(manager_connection&&) noexcept;
    manager_connection& operator=(manager_connection&&) noexcept;
    ~manager_connection();

    /// Passes on a further connection to what this one is about.
    void encode(encoder& to) const;
    static manager_connection decode(decoder& from);

    /// Says what it is about, unless that has been said; every request does so first.
    task<> open();
    /// Sends a request and waits for its answer.
    template <class R>
    task<R> ask(const encoder& to) {
        const std::vector<std::byte> answer = co_await exchange(to.message());
        decoder from(answer);
        check(from);
        if constexpr (!std::is_void_v<R>) co_return process::decode<R>(from);
    }

private:
    explicit manager_connection(std::unique_ptr<manager_line> l) noexcept;
    task<std::vector<std::byte>> exchange(std::span<const std::byte> message);
    task<std::vector<std::byte>> send_and_receive(std::span<const std::byte> message);
    static void check(decoder& from);

    std::unique_ptr<manager_line> line_;
};

}  // namespace coil::process

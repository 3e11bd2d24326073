// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/ring/call.hpp>
#include <coil/runtime/ring/simulated_files.hpp>
#include <coil/runtime/ring/simulated_luck.hpp>
#include <coil/runtime/ring/simulated_network.hpp>
#include <coil/runtime/ring/simulated_tree.hpp>

#include <linux/io_uring.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

namespace coil::ring {

class simulated_socket;
struct features;

// An entry that was submitted and has not completed.
struct simulated_request {
    explicit simulated_request(const io_uring_sqe& e) noexcept { std::memcpy(bytes.data(), &e, sizeof e); }
    const io_uring_sqe& entry() const noexcept { return *reinterpret_cast<const io_uring_sqe*>(bytes.data()); }

    std::shared_ptr<simulated_file> file;
    std::optional<std::int32_t> result;  // known already: it only waits for its turn
    std::uint32_t flags = 0;             // of its completion
    time_point due = never;              // of a timeout, or until when it is held up
    std::size_t moved = 0;               // by an entry that is to move all
    bool lingers = false;                // it has been put off for this time
    bool done = false;
    alignas(io_uring_sqe) std::array<std::byte, sizeof(io_uring_sqe)> bytes;  // itself it ends with an array of no size
};

// What answers calls and entries: descriptors, sockets, pipes and files in memory.
class simulated_kernel {
public:
    // `now`: ns of the virtual clock.
    simulated_kernel(simulated_random& random, simulated_luck& luck, std::size_t descriptors, std::size_t buffer,
                     const std::uint64_t& now);

    static void name_opcodes(features& known);
    long now(const call& what);
    int close(int fd);
    std::size_t open_descriptors() const noexcept { return files_.size(); }

    // An entry is submitted: finds its file. 0, or the error that it ends with.
    long begin(simulated_request& r);
    // Tries to complete it: the result, or nothing if it has to wait.
    std::optional<long> attempt(simulated_request& r);
    // True if the completion that was posted is not its last.
    static bool goes_on(const simulated_request& r, long result) noexcept;
    // Further flags of a completion.
    static std::uint32_t flags_of(const simulated_request& r, long result) noexcept;

private:
    // simulated_calls.cpp
    long call_on_socket(const call& c);
    long call_on_path(const call& c);
    long call_on_bytes(const call& c);
    long control(int fd, int command, int argument);
    long copy(const call& c);

    // simulated_transfers.cpp
    long receive(simulated_file& from, simulated_parts to, int flags, std::size_t most);
    long send(simulated_file& to, simulated_parts from, int flags, std::size_t most);
    long receive_message(simulated_file& from, msghdr& message, int flags);
    long send_message(simulated_file& to, const msghdr& message, int flags);
    long read(simulated_file& from, simulated_parts to, std::int64_t offset);
    long write(simulated_file& to, simulated_parts from, std::int64_t offset);
    long move(simulated_file& from, std::int64_t from_offset, simulated_file& to, std::int64_t to_offset,
              std::size_t most);
    void hand_over(simulated_descriptors& files, msghdr& message, int flags);

    // simulated_kernel.cpp
    std::optional<long> transfer(simulated_request& r);
    std::optional<long> transfer_all(simulated_request& r, bool receives);
    long on_path(const io_uring_sqe& e);
    long on_disk(simulated_file& f, const io_uring_sqe& e);

    // simulated_names.cpp: sockets and paths by name
    long make_socket(int domain, int type, int protocol);
    long make_pair(int domain, int type, int* two);
    long make_pipe(int flags, int* two);
    long add_two(std::shared_ptr<simulated_file> a, std::shared_ptr<simulated_file> b, int* two);
    std::shared_ptr<simulated_socket> socket_for(int domain, int type);
    long place_for(const simulated_socket& s, const sockaddr* address, std::size_t size, simulated_place& place);
    long bind(simulated_socket& s, const sockaddr* address, std::size_t size);
    long connect(simulated_file& f, const sockaddr* address, std::size_t size);
    long accept(simulated_file& f, sockaddr* address, unsigned* size, int flags);
    static void tell(const std::string& address, sockaddr* to, unsigned* size);
    simulated_tree::spot find(int directory, const char* path, simulated_tree::last how);
    long open(int directory, const char* path, int flags, unsigned mode);
    long status(int directory, const char* path, int flags, struct ::statx* to);

    simulated_luck& luck_;
    const std::size_t buffer_;
    simulated_network network_;
    simulated_tree tree_;
    simulated_files files_;
};

}  // namespace coil::ring

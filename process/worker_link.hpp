// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What joins a worker to its parent, as far as the kernel makes it: memory, sockets, a bell, a lifeline, sleep.
namespace coil::process {

/// Maps a file of `head + 2 * ring + 2 * bulk` bytes; each ring twice, one after the other, so that what wraps round its
/// end lies in one piece. Sizes are multiples of a page. Errors: `std::system_error`. Cost: pages that nobody has written
/// take no memory. Source: memfd_create(2), mmap(2).
class shared_mapping {
public:
    shared_mapping() noexcept = default;
    /// Makes the memory, zeroed.
    shared_mapping(std::size_t head, std::size_t ring, std::size_t bulk);
    /// Maps memory that another process has made. Errors: also one of another size.
    shared_mapping(int fd, std::size_t head, std::size_t ring, std::size_t bulk);
    shared_mapping(shared_mapping&& other) noexcept;
    shared_mapping& operator=(shared_mapping&& other) noexcept;
    ~shared_mapping();

    std::byte* head() const noexcept { return base_; }
    std::byte* ring(std::size_t which) const noexcept { return base_ + head_ + 2 * ring_ * which; }
    std::byte* bulk(std::size_t which) const noexcept { return base_ + head_ + 4 * ring_ + bulk_ * which; }
    int fd() const noexcept { return fd_.number(); }

private:
    void map(int fd);
    std::size_t all() const noexcept { return head_ + 4 * ring_ + 2 * bulk_; }
    ring::descriptor fd_;
    std::byte* base_ = nullptr;
    std::size_t head_ = 0;
    std::size_t ring_ = 0;
    std::size_t bulk_ = 0;
};

/// Makes a connected pair of stream sockets.
struct socket_pair {
    ring::descriptor ours, theirs;
};
socket_pair make_socket_pair();
/// Makes a counter that a process waits for by reading it. Source: eventfd(2).
ring::descriptor make_bell();
/// Adds one to it. Threads: any; also in a worker.
void ring_bell(int bell) noexcept;
/// Sets it to nothing; waits if it is nothing.
void drain_bell(int bell) noexcept;

/// A file in memory with these bytes; other bytes in the place of those; and the bytes of one. For arguments of any size.
ring::descriptor make_memory_file(std::span<const std::byte> content);
void rewrite_memory_file(int fd, std::span<const std::byte> content);
std::vector<std::byte> read_memory_file(int fd);

/// The read end of a pipe of which this process holds the other end as long as it lives. Made at the first call.
int lifeline();
/// Has the kernel kill this process once the process at the other end of the lifeline has ended, whatever this one is
/// doing then. Ends it at once if that is so already. Source: fcntl(2), F_SETSIG, O_ASYNC.
void hang_on(int lifeline);

/// Sends descriptors over a socket without waiting. False if it is full. Errors: `std::system_error`.
bool send_numbers(int socket, std::span<const int> numbers, bool may_wait);
/// Receives as many; waits for them. Errors: `std::system_error`, also if fewer come.
std::vector<ring::descriptor> receive_numbers(int socket, std::size_t count);
/// What has been written into a socket so far, without waiting.
std::vector<std::byte> drain_socket(int socket);
/// Reads what is there without waiting; 0 if there is nothing, for whatever reason.
std::size_t receive_now(int socket, std::span<std::byte> to) noexcept;
/// Writes all of it, waiting if need be.
bool write_socket(int socket, std::span<const std::byte> what) noexcept;

/// Sleeps while the word, which several processes share, has this value. May wake without cause. Source: futex(2).
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept;
void wake_sleeper(const std::atomic<std::uint32_t>& word) noexcept;

/// Waits until one of the descriptors has something to read, but not longer than this, and marks those that have. A limited
/// wait may end for nothing. Source: ppoll(2).
void wait_for_any(std::span<const int> descriptors, std::vector<bool>& readable, nanoseconds most = nanoseconds::max());
/// The steady clock, for a thread without a loop.
time_point thread_now() noexcept;
/// Names this host; and what a process number means here: the boot, and the namespace of numbers.
std::string host_name();
std::string numbers_of_processes();
/// Makes descriptors close-on-exec, in a worker that has inherited them.
void keep_to_oneself(int fd) noexcept;
/// Shows the name in ps, and in the name of this thread.
void show_name(std::string_view name) noexcept;

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
// What every echo server is told, and the page on which it shows its counts while it runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace echo {

/// Counts that the load generator reads from outside, at both ends of its window.
struct page {
    std::atomic<std::uint64_t> enters{0};       // system calls of the server's loop, where it counts them itself
    std::atomic<std::uint64_t> allocations{0};  // calls of the malloc family
};

struct options {
    std::uint16_t port = 0;       // 0: any; the one taken is printed
    std::size_t buffer = 16'384;  // bytes that a connection reads at most
    unsigned threads = 1;
    std::string_view mode = "plain";
    page* counts = nullptr;
};

/// Reads --port, --buffer, --threads, --mode and --page; ends the program on anything else.
options parse(int argc, char** argv);

/// Maps the page of a file, which is made where it is missing.
page* open_page(const char* path);

/// Listens on 127.0.0.1 and returns the descriptor; the port goes into o.
int listen(options& o);

/// Prints the port, which tells whoever started the server that it can be reached.
void announce(std::uint16_t port);

/// Adds one to a count. One writer per count: a plain load and store, no locked instruction.
inline void add_one(std::atomic<std::uint64_t>& count) {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace echo

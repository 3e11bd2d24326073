// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct iovec;

namespace coil::ring {

class simulated_file;

// Memory in parts, as readv and sendmsg take it.
using simulated_parts = std::span<const iovec>;
std::size_t size_of(simulated_parts parts) noexcept;
// The same parts, all bytes in one string; and back, as far as they reach.
std::string gathered(simulated_parts from, std::size_t most);
std::size_t scatter(const char* from, std::size_t size, simulated_parts to) noexcept;

using simulated_descriptors = std::vector<std::shared_ptr<simulated_file>>;

// One direction of a pipe or connection: bytes in a bounded buffer, and how either end has left it.
class simulated_bytes {
public:
    explicit simulated_bytes(std::size_t capacity) noexcept : capacity_(capacity) {}

    std::size_t size() const noexcept { return bytes_.size() - taken_; }
    std::size_t room() const noexcept { return size() < capacity_ ? capacity_ - size() : 0; }

    // As much as there is room for, at most `most`; how much.
    std::size_t put(simulated_parts from, std::size_t most);
    // Descriptors that travel with the next byte that is put.
    void attach(simulated_descriptors files);
    // As much as there is, at most `most`; how much. Not beyond the end of what was put with descriptors: with its first
    // byte they are taken out.
    std::size_t take(simulated_parts to, std::size_t most, bool peek, simulated_descriptors* files);

    void clear() noexcept;

    bool ended = false;    // nothing more will be put
    bool refused = false;  // nobody will take what is put
    bool broken = false;   // by a reset
    int error = 0;         // what whoever takes is told once, after the bytes

private:
    struct attachment {
        std::uint64_t at;   // of the first byte, counted from the first ever
        std::uint64_t end;  // the same of what comes after the last; `at` before it was put
        simulated_descriptors files;
    };
    std::size_t capacity_;
    std::string bytes_;
    std::size_t taken_ = 0;    // of bytes_, from its front
    std::uint64_t begun_ = 0;  // how many bytes came before bytes_
    std::deque<attachment> attached_;
};

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/simulated_file.hpp>

#include <cstddef>
#include <map>
#include <memory>

namespace coil::ring {

/// The descriptors of a simulation. Like the kernel it gives the lowest free number first, but far above real ones.
class simulated_files {
public:
    static constexpr int lowest = 1'000'000;
    explicit simulated_files(std::size_t most = 65536) noexcept : most_(most) {}

    /// The number, or -EMFILE.
    int add(std::shared_ptr<simulated_file> file);
    /// Null if there is none.
    std::shared_ptr<simulated_file> find(int fd) const;
    /// 0 or -EBADF. Requests in flight keep the file, not the number.
    int close(int fd);
    bool is_full() const noexcept { return open_.size() >= most_; }
    std::size_t size() const noexcept { return open_.size(); }

private:
    const std::size_t most_;
    std::map<int, std::shared_ptr<simulated_file>> open_;
};

}  // namespace coil::ring

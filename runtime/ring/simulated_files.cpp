// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_files.hpp>

#include <cerrno>
#include <utility>

namespace coil::ring {

int simulated_files::add(std::shared_ptr<simulated_file> file) {
    if (is_full()) return -EMFILE;
    int fd = lowest;
    for (const auto& [number, open] : open_) {
        if (number != fd) break;
        ++fd;
    }
    open_.emplace(fd, std::move(file));
    return fd;
}

std::shared_ptr<simulated_file> simulated_files::find(int fd) const {
    const auto at = open_.find(fd);
    return at == open_.end() ? nullptr : at->second;
}

int simulated_files::close(int fd) {
    const auto at = open_.find(fd);
    if (at == open_.end()) return -EBADF;
    // its end may let others go, which look for their numbers in here
    const std::shared_ptr<simulated_file> last = std::move(at->second);
    open_.erase(at);
    return 0;
}

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_file.hpp>

#include <fcntl.h>

#include <cerrno>

namespace coil::ring {

long simulated_file::read(simulated_parts, std::int64_t, std::size_t) {
    return -EINVAL;
}

long simulated_file::write(simulated_parts, std::int64_t, std::size_t) {
    return -EINVAL;
}

bool simulated_file::reads() const noexcept {
    return (status & O_PATH) == 0 && (status & O_ACCMODE) != O_WRONLY;
}

bool simulated_file::writes() const noexcept {
    return (status & O_PATH) == 0 && (status & O_ACCMODE) != O_RDONLY;
}

}  // namespace coil::ring

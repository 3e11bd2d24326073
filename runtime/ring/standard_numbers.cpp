// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/standard_numbers.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace coil::ring {

namespace {

bool hold() noexcept {
    for (int number = 0; number != 3; ++number) {
        if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
        const int fd = ::open("/dev/null", O_RDWR);  // a child keeps it: it too is to have standard streams
        // the least free number: another one only if another thread was quicker, and then that one is taken as well
        if (fd > 2) ::close(fd);
    }
    return true;
}

}  // namespace

void hold_standard_numbers() noexcept {
    [[maybe_unused]] static const bool held = hold();
}

}  // namespace coil::ring

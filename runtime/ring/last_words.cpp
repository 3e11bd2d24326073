// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/last_words.hpp>

#include <unistd.h>
#include <cerrno>

namespace coil::ring {

void say_last_words(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
        if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
        else if (n == 0 || errno != EINTR) return;
    }
}

}  // namespace coil::ring

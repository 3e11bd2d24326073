// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/notifications.hpp>

#include <sys/inotify.h>
#include <sys/signalfd.h>

#include <cstring>

namespace coil::ring {

file_notification file_notification_at(const std::byte* bytes) noexcept {
    inotify_event e;
    std::memcpy(&e, bytes, sizeof e);
    const char* const name = reinterpret_cast<const char*>(bytes + sizeof e);
    return {.watch = e.wd,
            .kind = e.mask & ~static_cast<std::uint32_t>(IN_ISDIR),
            .cookie = e.cookie,
            .is_directory = (e.mask & IN_ISDIR) != 0,
            .name = std::string_view(name, strnlen(name, e.len)),  // zeros fill it up
            .size = sizeof e + e.len};
}

static_assert(sizeof(signalfd_siginfo) == signal_notification_size);

signal_notification signal_notification_at(const std::byte* bytes) noexcept {
    signalfd_siginfo s;
    std::memcpy(&s, bytes, sizeof s);
    return {.number = static_cast<int>(s.ssi_signo),
            .code = s.ssi_code,
            .pid = s.ssi_pid,
            .uid = s.ssi_uid,
            .status = s.ssi_status,
            .value = s.ssi_int};
}

}  // namespace coil::ring

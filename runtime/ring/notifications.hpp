// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coil::ring {

/// Is one event as an inotify descriptor gives it, for layers that do not know the kernel's header.
struct file_notification {
    int watch;
    std::uint32_t kind;  // one IN_ bit
    std::uint32_t cookie;
    bool is_directory;
    std::string_view name;  // in the memory that was read
    std::size_t size;       // to the next one
};
file_notification file_notification_at(const std::byte* bytes) noexcept;

/// Is one signal as a signalfd gives it.
struct signal_notification {
    int number;
    int code;
    std::uint32_t pid;
    std::uint32_t uid;
    std::int32_t status;
    std::int32_t value;
};
inline constexpr std::size_t signal_notification_size = 128;
signal_notification signal_notification_at(const std::byte* bytes) noexcept;

}  // namespace coil::ring

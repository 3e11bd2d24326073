// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/fd_stream.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace coil::fs {

/// Names what can happen to what is watched. Values may be joined with `|`.
enum class watch_events : std::uint32_t {
    accessed = 0x1,        ///< it was read
    modified = 0x2,        ///< it was written to
    attributes = 0x4,      ///< its permissions, times, owner or links changed
    written = 0x8,         ///< it was closed by somebody who had it open to write
    closed = 0x10,         ///< it was closed by somebody who had not
    opened = 0x20,         ///< it was opened
    moved_from = 0x40,     ///< it was renamed: its old name
    moved_to = 0x80,       ///< it was renamed: its new name
    created = 0x100,       ///< it was made in a watched folder
    removed = 0x200,       ///< its name in a watched folder was taken away
    self_removed = 0x400,  ///< the watched thing itself is gone
    self_moved = 0x800,    ///< the watched thing itself has another name
    changes = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800,  ///< all but reads, opens and plain closes
    all = 0xfff,
};
constexpr watch_events operator|(watch_events a, watch_events b) noexcept {
    return static_cast<watch_events>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}

/// Is something that has happened.
struct watch_event {
    enum class kind : std::uint32_t {
        accessed = 0x1,
        modified = 0x2,
        attributes = 0x4,
        written = 0x8,
        closed = 0x10,
        opened = 0x20,
        moved_from = 0x40,
        moved_to = 0x80,
        created = 0x100,
        removed = 0x200,
        self_removed = 0x400,
        self_moved = 0x800,
        unmounted = 0x2000,    ///< the file system is gone
        overflow = 0x4000,     ///< events were lost: look for yourself; it belongs to no watch
        watch_ended = 0x8000,  ///< nothing more comes of this watch: `unwatch`, or what was watched is gone
    };
    watch_event() = default;  // no aggregate: such a result of a co_await is destroyed twice by g++ 12
    kind what = kind::overflow;
    int watch = -1;              // what `watch` had returned
    std::filesystem::path path;  // what is watched, as it was given
    std::filesystem::path name;  // within a watched folder; else empty
    bool is_directory = false;
    std::uint32_t cookie = 0;  // the same in both events of one rename; else 0

    /// The path of what it happened to.
    std::filesystem::path full_path() const { return name.empty() ? path : path / name; }
};

/// Tells what happens to files and folders (inotify).
/// Shape: a folder is watched with what lies in it directly, not with what lies deeper. Events come in the order in
/// which they happened; what nobody fetches is kept by the kernel up to a limit, after which one `overflow` stands for
/// the rest.
/// Errors: `std::system_error`: "watch /nonexistent: No such file or directory"; `errc::no_space_on_device` when the
/// user has too many watches, `errc::too_many_files_open` too many watchers.
/// Threads: the object is used by one thread at a time; one `next` at a time. Lifetime: as with every descriptor of
/// coil.
/// Cost: one descriptor for all watches, one entry for a block of events.
class watcher {
public:
    watcher();
    /// A watcher of one path: `watcher w{"/etc"};`. Errors: as `watch`.
    explicit watcher(const std::filesystem::path& path, watch_events events = watch_events::changes) : watcher() {
        watch(path, events);
    }

    /// Watches what a path names; a link is followed. Completes at once: with the watch's number; that of an earlier
    /// watch if it is the same file, whose events are replaced. May wait for the disk that has the path.
    int watch(const std::filesystem::path& path, watch_events events = watch_events::changes);
    /// Ends a watch; `watch_ended` is its last event. Errors: `std::system_error` for a number that is none.
    void unwatch(int watch);

    /// Waits for the next event. Cancel: no event is lost.
    task<watch_event> next();
    /// Yields events without an end.
    async_generator<watch_event> events();
    /// Ends every watch; a `next` that waits throws `errc::operation_canceled`.
    close_file_await close(place where = place::current()) noexcept { return stream_.close(where); }

private:
    watch_event take();

    struct block {
        alignas(8) std::array<std::byte, 4096> bytes;
        std::size_t begin = 0, end = 0;
    };
    fd_stream stream_;
    std::unique_ptr<block> block_;
    std::map<int, std::filesystem::path> paths_;
};

}  // namespace coil::fs

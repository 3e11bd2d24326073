// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/watcher.hpp>

#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/notifications.hpp>

#include <cerrno>
#include <cstring>
#include <utility>

namespace coil::fs {

watcher::watcher() : block_(std::make_unique<block>()) {
    const long fd = ring::call_here(ring::call::inotify());
    if (fd < 0) throw_errno(static_cast<int>(-fd), "watcher");
    stream_ = fd_stream(ring::descriptor(static_cast<int>(fd), ring::keeper_here()), "watcher");
}

int watcher::watch(const std::filesystem::path& path, watch_events events) {
    const bool has_zero = path.native().find('\0') != std::string::npos;
    const long number = has_zero ? -EINVAL
                                 : ring::call_here(ring::call::inotify_add_watch(stream_.native_handle(), path.c_str(),
                                                                                 static_cast<std::uint32_t>(events)));
    if (number < 0) operation_error(static_cast<int>(-number), "watch", path.native()).rethrow();
    paths_.insert_or_assign(static_cast<int>(number), path);
    return static_cast<int>(number);
}

void watcher::unwatch(int watch) {
    const long r = ring::call_here(ring::call::inotify_rm_watch(stream_.native_handle(), watch));
    if (r < 0) throw_errno(static_cast<int>(-r), "unwatch", std::to_string(watch));
}

task<watch_event> watcher::next() {
    this_task::check_stop();
    block& b = *block_;
    if (b.begin == b.end) {
        const std::size_t size = co_await stream_.read(b.bytes);
        b.begin = 0;
        b.end = size;
    }
    co_return take();
}

async_generator<watch_event> watcher::events() {
    for (;;) {
        watch_event e = co_await next();
        co_yield std::move(e);
    }
}

watch_event watcher::take() {
    block& b = *block_;
    const ring::file_notification n = ring::file_notification_at(b.bytes.data() + b.begin);
    b.begin += n.size;
    watch_event e;
    e.what = static_cast<watch_event::kind>(n.kind);
    e.is_directory = n.is_directory;
    e.cookie = n.cookie;
    e.name = n.name;
    if (e.what == watch_event::kind::overflow) return e;
    e.watch = n.watch;
    const auto at = paths_.find(n.watch);
    if (at == paths_.end()) return e;
    e.path = at->second;
    if (e.what == watch_event::kind::watch_ended) paths_.erase(at);
    return e;
}

}  // namespace coil::fs

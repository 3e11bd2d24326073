// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/copy_file.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/async/finally.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/when_all_range.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/open.hpp>
#include <coil/runtime/io/replacement.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace coil::fs {

namespace {

constexpr std::size_t piece = std::size_t{1} << 19;
constexpr std::size_t pieces_at_once = 8;
constexpr std::uint64_t between_reports = std::uint64_t{1} << 22;

// Tells how far a copy is.
class reporter {
public:
    reporter(const copy_options& o, std::uint64_t total) noexcept : options_(o), total_(total) {}
    void copied(std::size_t count) noexcept {
        const std::scoped_lock hold(lock_);
        copied_ += count;
        if (options_.progress == nullptr || copied_ - told_ < between_reports) return;
        told_ = copied_;
        options_.progress(options_.context, copied_, total_);
    }
    std::uint64_t end() noexcept {
        if (options_.progress != nullptr && (told_ != copied_ || copied_ == 0))
            options_.progress(options_.context, copied_, std::max(total_, copied_));
        return copied_;
    }

private:
    const copy_options& options_;
    std::uint64_t total_;
    std::mutex lock_;
    std::uint64_t copied_ = 0, told_ = 0;
};

struct work {
    work(file& source, file& target, std::uint64_t total, reporter& told) noexcept
        : from(source), to(target), size(total), report(told) {}
    file& from;
    file& to;
    const std::uint64_t size;
    std::atomic<std::uint64_t> next{0};
    std::atomic<bool> failed{false};
    reporter& report;
};

// Copies one piece after another, of those that nobody else copies.
task<> copy_in_turn(work& w) {
    const std::unique_ptr<std::byte[]> buffer(new std::byte[piece]);
    for (;;) {
        const std::uint64_t at = w.next.fetch_add(piece, std::memory_order_relaxed);
        if (at >= w.size) co_return;
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece, w.size - at));
        const byte_span room(buffer.get(), wanted);
        const std::size_t count = co_await w.from.read_at(room, at);
        const byte_view bytes(buffer.get(), count);
        co_await w.to.write_at(bytes, at);
        w.report.copied(count);
        if (count != wanted) co_return;  // it has become shorter
    }
}

// Of several that meet the same full disk one tells it.
task<> copy_pieces(work& w) {
    try {
        co_await copy_in_turn(w);
    } catch (const std::system_error&) {
        if (!w.failed.exchange(true)) throw;
    }
}

// What has no size (of /proc, a pipe), and what was added meanwhile.
task<> copy_to_end(file& from, file& to, reporter& report) {
    const std::unique_ptr<std::byte[]> buffer(new std::byte[piece]);
    const byte_span room(buffer.get(), piece);
    for (;;) {
        const std::size_t count = co_await from.read(room);
        if (count == 0) co_return;
        const byte_view bytes(buffer.get(), count);
        co_await to.write(bytes);
        report.copied(count);
    }
}

// A copy on a thread for blocking calls, in steps, between which a stop ends it. What does not go, for whatever reason,
// is left to the pieces, which tell why; so each way returns how many bytes it has copied.
struct copy_on_thread {
    ring::ring& entries;
    int from, to;
    std::uint64_t size;
    reporter& report;

    std::uint64_t operator()() const {
        if (entries.now(call::clone(to, from)) == 0) {
            report.copied(size);
            return size;
        }
        const bool by_pipe = entries.now(call::copies_by_pipe(from)) == 1 && entries.now(call::copies_by_pipe(to)) == 1;
        return by_pipe ? by_hand() : in_kernel();
    }

private:
    using call = ring::call;

    // Where the file system has a way of its own, a server's for one, which moves no byte through this machine.
    std::uint64_t in_kernel() const {
        std::int64_t at = 0, to_at = 0;
        while (static_cast<std::uint64_t>(at) < size) {
            this_task::check_stop();
            const std::uint64_t left = size - static_cast<std::uint64_t>(at);
            const auto wanted = static_cast<std::size_t>(std::min(between_reports, left));
            const long count = entries.now(call::copy_file_range(from, &at, to, &to_at, wanted));
            if (count == -EINTR) continue;
            if (count <= 0) break;
            report.copied(static_cast<std::size_t>(count));
        }
        return static_cast<std::uint64_t>(at);
    }

    // The kernel would do the same through a pipe of 64 KiB; a larger piece is written in larger runs of pages, and is
    // still in the processor's cache when it is.
    std::uint64_t by_hand() const {
        const std::unique_ptr<std::byte[]> buffer(new std::byte[piece]);
        std::uint64_t at = 0;
        while (at < size) {
            this_task::check_stop();
            const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece, size - at));
            const long count = entries.now(call::read_waiting(from, buffer.get(), wanted, static_cast<std::int64_t>(at)));
            if (count == -EINTR) continue;
            if (count <= 0) break;
            const std::size_t written = write_all({buffer.get(), static_cast<std::size_t>(count)}, at);
            report.copied(written);
            at += written;
            if (written != static_cast<std::size_t>(count)) break;
        }
        return at;
    }

    std::size_t write_all(std::span<const std::byte> bytes, std::uint64_t at) const {
        std::size_t done = 0;
        while (done != bytes.size()) {
            const auto to_at = static_cast<std::int64_t>(at + done);
            const long count = entries.now(call::write_waiting(to, bytes.data() + done, bytes.size() - done, to_at));
            if (count == -EINTR) continue;
            if (count <= 0) break;
            done += static_cast<std::size_t>(count);
        }
        return done;
    }
};

task<std::uint64_t> copy_contents(file& from, file& to, std::uint64_t size, const copy_options& options) {
    reporter report(options, size);
    ring::ring& entries = ring::io_home_for(*this_thread.current).entries;
    if (size == 0) {
        co_await copy_to_end(from, to, report);
        co_return report.end();
    }
    work w(from, to, size, report);
    if (size > piece) {
        copy_on_thread copies{entries, from.native_handle(), to.native_handle(), size, report};
        w.next = co_await blocking(copies);
        if (w.next == size) co_return report.end();
    }
    const std::size_t copiers = std::min<std::size_t>(pieces_at_once, (size - w.next + piece - 1) / piece);
    if (copiers == 1) {
        co_await copy_pieces(w);
        co_return report.end();
    }
    std::vector<task<>> all;
    all.reserve(copiers);
    for (std::size_t i = 0; i != copiers; ++i)
        all.push_back(copy_pieces(w));
    co_await when_all(std::move(all));
    co_return report.end();
}

task<std::uint64_t> copy_and_commit(file& from, replacement& to, std::uint64_t size, const copy_options& options) {
    const std::uint64_t copied = co_await copy_contents(from, to.written(), size, options);
    co_await to.commit(options.durable, options.overwrite);
    co_return copied;
}

task<std::uint64_t> copy_in_place(file& from, const std::filesystem::path& target, unsigned permissions,
                                  const metadata& source, const copy_options& options) {
    const bool creates = !options.overwrite;
    file to = co_await open(target, creates ? mode::create_new : mode::write, permissions);
    const metadata there = co_await to.status();
    // a device, a pipe: it has no offsets
    const std::uint64_t size = there.is_regular_file() ? source.size : 0;
    const std::uint64_t copied = co_await copy_contents(from, to, size, options);
    if (options.durable) co_await to.sync();
    co_await to.close();
    co_return copied;
}

}  // namespace

task<std::uint64_t> copy_file(std::filesystem::path from, std::filesystem::path to, copy_options options) {
    file source = co_await open(from);
    const metadata what = co_await source.status();
    if (what.is_directory()) operation_error(EISDIR, "copy_file", from.native()).rethrow();
    const auto permissions = static_cast<unsigned>(what.permissions);
    std::filesystem::path target = co_await resolve_links(to);
    auto before = co_await as_result(stat(target));
    if (!before.has_value() && !(before.error() == std::errc::no_such_file_or_directory)) before.error().rethrow();
    if (before.has_value()) {
        const std::string both = from.native() + " -> " + to.native();
        if (before->is_same_file(what)) operation_error(EINVAL, "copy_file", both).rethrow();
        if (!options.overwrite) operation_error(EEXIST, "copy_file", both).rethrow();
        if (before->is_directory()) operation_error(EISDIR, "copy_file", both).rethrow();
        if (!before->is_regular_file()) options.in_place = true;
    }
    if (options.in_place) co_return co_await copy_in_place(source, target, permissions, what, options);
    replacement copy = co_await begin_replacement(std::move(target), permissions);
    if (before.has_value())
        (void)ring::call_here(
            ring::call::fchmod(copy.written().native_handle(), static_cast<unsigned>(before->permissions)));
    co_return co_await finally(copy_and_commit(source, copy, what.size, options), copy.abandon());
}

}  // namespace coil::fs

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/directories.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/io/path_operations.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/walk.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <fcntl.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace coil::fs {

task<bool> create_directories(std::filesystem::path path, unsigned permissions) {
    auto made = co_await as_result(mkdir(path, permissions));
    if (made.has_value()) co_return true;
    const error problem = made.error();
    const std::filesystem::path above = path.parent_path();
    if (problem == std::errc::no_such_file_or_directory && !above.empty() && above != path) {
        co_await create_directories(above, permissions);
        auto again = co_await as_result(mkdir(path, permissions));
        if (again.has_value()) co_return true;
        // "a/b/" and "a/." are there by now
        if (again.error() == std::errc::file_exists) co_return true;
        again.error().rethrow();
    }
    if (problem == std::errc::file_exists) {
        auto there = co_await as_result(stat(path));
        if (there.has_value() && there->is_directory()) co_return false;
    }
    problem.rethrow();
}

namespace {

// One pass over what lies below a directory, and itself. False if somebody has added something meanwhile.
task<bool> remove_tree(const std::filesystem::path& root, std::uint64_t& count) {
    std::vector<std::filesystem::path> directories{root};
    auto below = walk(root);
    auto found = co_await below.next();
    while (found) {
        if (found->is_directory()) directories.push_back(std::move(found->path));
        else count += co_await fs::remove(std::move(found->path)) ? 1U : 0U;
        found = co_await below.next();
    }
    for (; !directories.empty(); directories.pop_back()) {
        auto removed = co_await as_result(fs::remove(directories.back()));
        if (!removed.has_value() && removed.error() == std::errc::directory_not_empty) co_return false;
        if (removed.value()) ++count;
    }
    co_return true;
}

}  // namespace

task<std::uint64_t> remove_all(std::filesystem::path path) {
    constexpr int most_passes = 8;
    std::uint64_t count = 0;
    auto removed = co_await as_result(fs::remove(path));
    if (removed.has_value()) co_return *removed ? 1 : 0;
    if (!(removed.error() == std::errc::directory_not_empty)) removed.error().rethrow();
    for (int pass = 0; pass != most_passes; ++pass) {
        const bool done = co_await remove_tree(path, count);
        if (done) co_return count;
    }
    removed.error().rethrow();
}

task<std::filesystem::path> read_link(std::filesystem::path path) {
    if (path.native().find('\0') != std::string::npos) operation_error(EINVAL, "read_link", path.native()).rethrow();
    ring::ring& entries = ring::io_home_for(*this_thread.current).entries;
    std::string target(256, '\0');
    for (;;) {
        const auto read = [&] {
            return entries.now(ring::call::readlink(AT_FDCWD, path.c_str(), target.data(), target.size()));
        };
        const long size = co_await blocking(read);
        if (size < 0) operation_error(static_cast<int>(-size), "read_link", path.native()).rethrow();
        if (static_cast<std::size_t>(size) < target.size()) {
            target.resize(static_cast<std::size_t>(size));
            co_return std::filesystem::path(std::move(target));
        }
        target.resize(2 * target.size());  // it may be cut off
    }
}

}  // namespace coil::fs

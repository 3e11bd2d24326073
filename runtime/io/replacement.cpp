// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/replacement.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/io/directories.hpp>
#include <coil/runtime/io/open.hpp>
#include <coil/runtime/io/path_operations.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/unique_name.hpp>

#include <cerrno>
#include <system_error>

namespace coil::fs {

namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
    std::filesystem::path folder = path.parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

}  // namespace

task<> replacement::commit(bool durable, bool overwrite) {
    const rename_options how{.replace = overwrite};
    if (durable) co_await file_.sync();
    co_await file_.close();
    co_await rename(temporary_, target_, how);
    temporary_.clear();
    if (!durable) co_return;
    file folder = co_await open(folder_of(target_));
    co_await folder.sync();
    co_await folder.close();
}

task<> replacement::abandon() {
    if (temporary_.empty()) co_return;
    auto closed = co_await as_result(file_.close());
    auto removed = co_await as_result(unlink(temporary_));
    (void)closed, (void)removed;  // another error is on its way
}

task<std::filesystem::path> resolve_links(std::filesystem::path path) {
    constexpr int most_links = 40;  // as the kernel
    for (int i = 0; i != most_links; ++i) {
        auto status = co_await as_result(lstat(path));
        if (!status.has_value() || !status->is_symlink()) co_return path;
        const std::filesystem::path next = co_await read_link(path);
        path = path.parent_path() / next;
    }
    operation_error(ELOOP, "resolve", path.native()).rethrow();
}

task<replacement> begin_replacement(std::filesystem::path target, unsigned permissions) {
    for (int i = 0;; ++i) {
        std::filesystem::path temporary = unique_name(folder_of(target), "." + target.filename().native());
        auto f = co_await as_result(open(temporary, mode::create_new, permissions));
        if (f.has_value()) co_return replacement(std::move(*f), std::move(temporary), std::move(target));
        if (i == most_names || !(f.error() == std::errc::file_exists)) f.error().rethrow();
    }
}

}  // namespace coil::fs

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/temporary.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/io/directories.hpp>
#include <coil/runtime/io/open.hpp>
#include <coil/runtime/io/path_operations.hpp>
#include <coil/runtime/io/unique_name.hpp>

#include <cstdlib>
#include <string>
#include <system_error>

namespace coil::fs {

std::filesystem::path temporary_place() {
    const char* const wanted = std::getenv("TMPDIR");
    return wanted != nullptr && *wanted != '\0' ? wanted : "/tmp";
}

namespace {

// The file system, or its kernel, has no files without a name.
bool needs_name(const error& e) noexcept {
    return e == std::errc::operation_not_supported || e == std::errc::is_a_directory ||
           e == std::errc::no_such_file_or_directory || e == std::errc::invalid_argument;
}

}  // namespace

task<file> temporary_file(std::filesystem::path folder) {
    auto nameless = co_await as_result(open(folder, mode::read_write_nameless, 0600));
    if (nameless.has_value()) co_return std::move(*nameless);
    if (!needs_name(nameless.error())) nameless.error().rethrow();
    for (int i = 0;; ++i) {
        const std::filesystem::path name = unique_name(folder, ".coil");
        auto f = co_await as_result(open(name, mode::create_new, 0600));
        if (!f.has_value()) {
            if (i == most_names || !(f.error() == std::errc::file_exists)) f.error().rethrow();
            continue;
        }
        co_await shield(unlink(name));
        co_return std::move(*f);
    }
}

task<temporary_folder> temporary_folder::make(std::string_view prefix, std::filesystem::path in) {
    for (int i = 0;; ++i) {
        std::filesystem::path path = unique_name(in, prefix);
        auto made = co_await as_result(mkdir(path, 0700));
        if (made.has_value()) co_return temporary_folder(std::move(path));
        if (i == most_names || !(made.error() == std::errc::file_exists)) made.error().rethrow();
    }
}

task<> temporary_folder::remove() {
    if (path_.empty()) co_return;
    co_await fs::remove_all(path_);
    path_.clear();
}

temporary_folder::~temporary_folder() {
    if (path_.empty()) return;
    std::error_code problem;
    std::filesystem::remove_all(path_, problem);
    if (!problem) return;
    try {
        log("a temporary folder stays: remove " + path_.native() + ": " + problem.message());
    } catch (...) {
        log("a temporary folder stays");
    }
}

}  // namespace coil::fs

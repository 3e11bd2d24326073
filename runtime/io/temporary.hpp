// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/file.hpp>

#include <filesystem>
#include <string_view>
#include <utility>

namespace coil::fs {

/// Where temporary files go: what TMPDIR says, else /tmp.
std::filesystem::path temporary_place();

/// Makes a file without a name, to read and to write: it is gone when it is closed, also if the process ends badly.
/// Shape: in a folder of the file system that it is to lie on. Errors: those of `open`.
/// Cost: one entry where the file system has such files, else two.
task<file> temporary_file(std::filesystem::path folder = temporary_place());

/// Is a folder that goes with all that is in it.
/// Shape: full, or empty (moved from, removed). Cancel: `make` and `remove` as their steps; a folder that was made is
/// never lost. Lifetime: destroying it removes it on the spot, which may wait for the disk; `co_await f.remove()` does
/// not hold up the thread, and tells errors, which the destructor gives to the log hook.
class temporary_folder {
public:
    temporary_folder() noexcept = default;
    temporary_folder(temporary_folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    temporary_folder& operator=(temporary_folder&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }
    ~temporary_folder();

    /// Makes one, only for this user, whose name begins with a prefix.
    static task<temporary_folder> make(std::string_view prefix = "coil", std::filesystem::path in = temporary_place());
    /// Removes it with all that is in it; it is empty afterwards.
    task<> remove();

    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

private:
    explicit temporary_folder(std::filesystem::path path) noexcept : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace coil::fs

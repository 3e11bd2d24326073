// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/file.hpp>

#include <filesystem>
#include <utility>

namespace coil::fs {

// Is a file that is written under another name in the folder of a path, and takes the path's name when it is whole.
class replacement {
public:
    replacement(file f, std::filesystem::path temporary, std::filesystem::path target)
        : file_(std::move(f)), temporary_(std::move(temporary)), target_(std::move(target)) {}

    file& written() noexcept { return file_; }
    // Closes the file and gives it the name. With `durable` contents and name are on the device afterwards.
    task<> commit(bool durable, bool overwrite);
    // Closes the file and takes its other name away; for whoever could not commit.
    task<> abandon();

private:
    file file_;
    std::filesystem::path temporary_, target_;
};

// Follows the links at a path to what they name last, which need not exist.
task<std::filesystem::path> resolve_links(std::filesystem::path path);

task<replacement> begin_replacement(std::filesystem::path target, unsigned permissions);

}  // namespace coil::fs

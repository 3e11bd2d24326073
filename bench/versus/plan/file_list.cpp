// SPDX-License-Identifier: BSL-1.0
#include "plan/file_list.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "measure/interruption.hpp"

namespace versus {
namespace {

namespace fs = std::filesystem;

void check_directory(const std::string& dir) {
    std::error_code error;
    const fs::file_status status = fs::status(dir, error);
    if (status.type() == fs::file_type::not_found)
        throw std::runtime_error(fmt::format("{}: there is no such directory", dir));
    if (error) throw std::runtime_error(fmt::format("{}: {}", dir, error.message()));
    if (status.type() != fs::file_type::directory) throw std::runtime_error(fmt::format("{}: not a directory", dir));
    if (::access(dir.c_str(), R_OK | X_OK) != 0) {
        throw std::runtime_error(fmt::format("{}: {}", dir, std::generic_category().message(errno)));
    }
}

// Adds one entry if it is a file that can be read. One that vanished since the directory was read is passed over.
void consider(const fs::directory_entry& entry, file_list& list) {
    std::error_code error;
    const fs::file_status status = entry.symlink_status(error);
    if (error) return;
    if (status.type() == fs::file_type::directory) {
        if (::access(entry.path().c_str(), R_OK | X_OK) != 0) ++list.unreadable;
        return;
    }
    if (status.type() != fs::file_type::regular) return;
    const std::uintmax_t size = entry.file_size(error);
    if (error) return;
    if (::access(entry.path().c_str(), R_OK) != 0) {
        list.unreadable += errno == EACCES ? 1u : 0u;
        return;
    }
    list.bytes += size;
    list.files.push_back(entry.path().string());
}

}  // namespace

file_list list_files(const std::string& dir, std::size_t most, std::chrono::duration<double> longest) {
    check_directory(dir);
    const auto deadline = std::chrono::steady_clock::now() + longest;
    file_list list;
    std::error_code error;
    fs::recursive_directory_iterator walk(dir, fs::directory_options::skip_permission_denied, error);
    for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
        check_interruption();
        consider(*walk, list);
        if (list.files.size() >= most || std::chrono::steady_clock::now() > deadline) {
            list.cut = true;
            break;
        }
    }
    if (list.files.empty()) {
        throw std::runtime_error(fmt::format("{}: no file that can be read lies below it{}", dir,
                                             error ? " (" + error.message() + ")" : std::string()));
    }
    std::ranges::sort(list.files);
    return list;
}

std::vector<std::string> sample(const std::vector<std::string>& files, std::size_t count) {
    if (count >= files.size()) return files;
    std::vector<std::string> taken;
    for (std::size_t i = 0; i < count; ++i)
        taken.push_back(files[i * files.size() / count]);
    return taken;
}

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

// A directory of a test's own, gone with it.
class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "versus-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory for tests");
        path_ = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }

    std::string add(std::string_view name, std::string_view content) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << content;
        return (path_ / name).string();
    }

private:
    std::filesystem::path path_;
};

// SPDX-License-Identifier: BSL-1.0
// A folder for what a test writes, and a limit on how much.
#pragma once
#include <doctest/doctest.h>

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

class folder_for_traces {
public:
    folder_for_traces() {
        std::string pattern = (std::filesystem::temp_directory_path() / "coil-trace-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    folder_for_traces(const folder_for_traces&) = delete;
    folder_for_traces& operator=(const folder_for_traces&) = delete;
    ~folder_for_traces() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

inline std::string text_of(const std::string& path) {
    std::ifstream in(path);
    REQUIRE(in.good());
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// A write beyond fails with EFBIG: what a full disk does, without filling one.
class no_file_longer_than {
public:
    explicit no_file_longer_than(long bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit less{.rlim_cur = static_cast<rlim_t>(bytes), .rlim_max = before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &less) == 0);
    }
    no_file_longer_than(const no_file_longer_than&) = delete;
    no_file_longer_than& operator=(const no_file_longer_than&) = delete;
    ~no_file_longer_than() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

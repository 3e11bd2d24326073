// SPDX-License-Identifier: BSL-1.0
#include "plan/file_list.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.hpp"

using namespace versus;
using namespace std::chrono_literals;

namespace {

std::string refusal(const std::string& dir) {
    try {
        (void)list_files(dir, 100, 10s);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("regular files come in the order of their names, and nothing else comes") {
    const folder dir;
    const auto b = dir.add("b", "22");
    const auto a = dir.add("deep/er/a", "1");
    const auto empty = dir.add("empty", "");
    std::filesystem::create_symlink(b, dir / "link");
    std::filesystem::create_symlink("/nowhere", dir / "dangling");
    REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
    const file_list list = list_files(dir.path(), 100, 10s);
    CHECK(list.files == std::vector<std::string>{b, a, empty});
    CHECK(list.bytes == 3);
    CHECK(list.unreadable == 0);
    CHECK_FALSE(list.cut);
}

TEST_CASE("a list that would be too long is cut, and says so") {
    const folder dir;
    for (const char* name : {"a", "b", "c"})
        dir.add(name, "x");
    const file_list list = list_files(dir.path(), 2, 10s);
    CHECK(list.files.size() == 2);
    CHECK(list.cut);
}

TEST_CASE("a directory that is none, is not there or is empty is named") {
    const folder dir;
    CHECK(refusal(dir.path()) == dir.path() + ": no file that can be read lies below it");
    CHECK(refusal(dir / "gone") == (dir / "gone") + ": there is no such directory");
    const auto file = dir.add("file", "x");
    CHECK(refusal(file) == file + ": not a directory");
}

TEST_CASE("what may not be read is left out and counted") {
    if (::geteuid() == 0) return;  // who may read everything
    const folder dir;
    dir.add("open", "x");
    REQUIRE(::chmod(dir.add("shut", "x").c_str(), 0) == 0);
    const file_list list = list_files(dir.path(), 100, 10s);
    CHECK(list.files.size() == 1);
    CHECK(list.unreadable == 1);
}

TEST_CASE("a sample is spread over the whole list") {
    const std::vector<std::string> all{"a", "b", "c", "d", "e", "f"};
    CHECK(sample(all, 3) == std::vector<std::string>{"a", "c", "e"});
    CHECK(sample(all, 6) == all);
    CHECK(sample(all, 600) == all);
    CHECK(sample(all, 0).empty());
}

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/walk.hpp>

#include "loopback.hpp"
#include "low_limit.hpp"
#include "temporary_folder.hpp"
#include "without_rights.hpp"

#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::fs::entry;
using coil::fs::walk;
using std::filesystem::file_type;

namespace {

void touch(const std::filesystem::path& path) {
    std::ofstream(path) << "x";
}

task<std::vector<entry>> all_of(std::filesystem::path directory, coil::fs::walk_options options = {}) {
    std::vector<entry> all;
    auto entries = walk(std::move(directory), options);
    while (auto e = co_await entries.next())
        all.push_back(std::move(*e));
    co_return all;
}

std::multiset<std::string> paths(const std::vector<entry>& all) {
    std::multiset<std::string> found;
    for (const entry& e : all)
        found.insert(e.path.native());
    return found;
}

std::multiset<std::string> by_the_standard_library(const std::filesystem::path& directory) {
    std::multiset<std::string> found;
    for (const auto& e : std::filesystem::recursive_directory_iterator(directory))
        found.insert(e.path().native());
    return found;
}

// The text of the error that ends a walk, and what came before.
task<std::string> failure_of(std::filesystem::path directory, std::size_t& before) {
    auto entries = walk(std::move(directory));
    std::string text;
    try {
        while (co_await entries.next())
            ++before;
    } catch (const std::system_error& e) {
        text = e.what();
    }
    if (!text.empty()) CHECK_FALSE((co_await entries.next()).has_value());  // it is over
    co_return text;
}

}  // namespace

TEST_CASE("everything below a directory is found, once, with its kind and depth") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        std::filesystem::create_directories(folder / "a/b/c");
        std::filesystem::create_directory(folder / "empty");
        touch(folder / "f");
        touch(folder / "a/f");
        touch(folder / "a/b/c/f");
        touch(folder / ".hidden");
        touch(folder / "with space\nand newline");
        std::filesystem::create_symlink("a", folder / "to_directory");
        std::filesystem::create_symlink("nowhere", folder / "to_nowhere");
        std::filesystem::create_directory_symlink(folder.path(), folder / "a/round");
        REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
        const int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::strncpy(name.sun_path, (folder / "socket").c_str(), sizeof name.sun_path - 1);
        REQUIRE(bind(s, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);

        const auto all = co_await all_of(folder.path());
        CHECK(paths(all) == by_the_standard_library(folder.path()));
        std::map<std::string, const entry*> by_name;
        std::size_t place = 0;
        std::map<std::string, std::size_t> order;
        for (const entry& e : all) {
            const std::string name_of = e.path.lexically_relative(folder.path());
            by_name[name_of] = &e;
            order[name_of] = place++;
            CHECK_FALSE(e.error);
            struct stat status{};
            REQUIRE(lstat(e.path.c_str(), &status) == 0);
            CHECK(e.inode == status.st_ino);
            CHECK(e.type == std::filesystem::symlink_status(e.path).type());
        }
        CHECK(by_name["f"]->is_regular_file());
        CHECK(by_name["a"]->is_directory());
        CHECK(by_name["to_directory"]->is_symlink());
        CHECK(by_name["to_nowhere"]->is_symlink());
        CHECK(by_name["pipe"]->type == file_type::fifo);
        CHECK(by_name["socket"]->type == file_type::socket);
        CHECK(by_name["f"]->depth == 0);
        CHECK(by_name["a"]->depth == 0);
        CHECK(by_name["a/f"]->depth == 1);
        CHECK(by_name["a/b/c/f"]->depth == 3);
        CHECK(order["f"] < order["a"]);  // what is no directory first
        CHECK(order["a"] < order["a/f"]);
        CHECK(order["a/f"] < order["a/b"]);
        CHECK(order["a/b/c"] < order["a/b/c/f"]);
        close(s);
    }());
}

TEST_CASE("an empty directory, one that is a link, one with a slash behind it") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        CHECK((co_await all_of(folder.path())).empty());
        std::filesystem::create_directory(folder / "d");
        touch(folder / "d/f");
        std::filesystem::create_directory_symlink("d", folder / "link");
        const auto by_link = co_await all_of(folder / "link");
        REQUIRE(by_link.size() == 1);
        CHECK(by_link[0].path == folder / "link/f");
        const auto by_slash = co_await all_of(folder / "d/");
        REQUIRE(by_slash.size() == 1);
        CHECK(by_slash[0].path.native() == (folder / "d/f").native());
        auto entries = walk(folder / "d");
        CHECK((co_await entries.next()).has_value());
        CHECK_FALSE((co_await entries.next()).has_value());
        CHECK_FALSE((co_await entries.next()).has_value());
    }());
}

TEST_CASE("more entries than one block has are found, in one directory and in many") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        for (int i = 0; i < 1500; ++i)
            touch(folder / ("a file with a rather long name, number " + std::to_string(i)));
        for (int i = 0; i < 100; ++i) {
            std::filesystem::create_directory(folder / std::to_string(i));
            touch(folder / (std::to_string(i) + "/f"));
        }
        const auto before = open_descriptors();
        const auto all = co_await all_of(folder.path());
        CHECK(all.size() == 1700);
        CHECK(paths(all) == by_the_standard_library(folder.path()));
        CHECK(open_descriptors() == before);
        {
            auto entries = walk(folder.path());  // given up in the middle
            for (int i = 0; i < 100; ++i)
                co_await entries.next();
        }
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("a directory that cannot be walked at all is an error with its name") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        touch(folder / "f");
        std::size_t before = 0;
        CHECK(co_await failure_of("/nonexistent", before) == "walk /nonexistent: No such file or directory");
        CHECK(co_await failure_of("", before) == "walk: No such file or directory");
        const std::string file = folder / "f";
        CHECK(co_await failure_of(file, before) == "walk " + file + ": Not a directory");
        const std::string zero(file + std::string("\0x", 2));
        CHECK(co_await failure_of(zero, before) == "walk " + file + "\\0x: Invalid argument");
        CHECK(before == 0);
    }());
}

TEST_CASE("a directory that cannot be read ends the walk after what was found, or is told of on the way") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        touch(folder / "f");
        // A path that is too long can be listed by its parent and not be opened: a right that even root lacks.
        const std::string long_name(250, 'd');
        std::filesystem::path deep = folder.path();
        const auto start = std::filesystem::current_path();
        std::filesystem::current_path(folder.path());
        while (deep.native().size() < 4096) {
            REQUIRE(mkdir(long_name.c_str(), 0700) == 0);
            REQUIRE(chdir(long_name.c_str()) == 0);
            deep /= long_name;
        }
        std::filesystem::current_path(start);
        std::size_t levels = 0;
        for (auto p = deep; p != folder.path(); p = p.parent_path())
            ++levels;

        std::size_t before = 0;
        const std::string failure = co_await failure_of(folder.path(), before);
        CHECK(failure.starts_with("walk " + folder.path().native()));
        CHECK(failure.ends_with(": File name too long"));
        CHECK(failure.size() < 1000);
        CHECK(before == levels);  // the file, and every directory but the last

        const auto all = co_await all_of(folder.path(), {.keep_going = true});
        REQUIRE(all.size() == levels + 1);
        CHECK(all.back().path == deep);
        CHECK(all.back().is_directory());
        CHECK(all.back().error == std::errc::filename_too_long);

        // it cannot be removed by its path either
        std::filesystem::current_path(folder.path());
        for (std::size_t i = 1; i < levels; ++i)
            REQUIRE(chdir(long_name.c_str()) == 0);
        for (std::size_t i = 1; i < levels; ++i) {
            rmdir(long_name.c_str());
            REQUIRE(chdir("..") == 0);
        }
        std::filesystem::current_path(start);
    }());
}

TEST_CASE("a directory without the right to read it is an error with its name") {
    const without_rights nobody;
    coil::run([]() -> task<> {
        const temporary_folder folder;
        std::filesystem::create_directory(folder / "closed");
        std::filesystem::permissions(folder / "closed", std::filesystem::perms::none);
        std::size_t before = 0;
        const std::string closed = folder / "closed";
        CHECK(co_await failure_of(folder.path(), before) == "walk " + closed + ": Permission denied");
        const auto all = co_await all_of(folder.path(), {.keep_going = true});
        REQUIRE(all.size() == 1);
        CHECK(all[0].error == std::errc::permission_denied);
        std::filesystem::permissions(folder / "closed", std::filesystem::perms::owner_all);
    }());
}

TEST_CASE("what vanishes, or becomes something else, during the walk is left out") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        // more than a block, so that the directories are opened after the first entries were seen
        for (int i = 0; i < 700; ++i)
            touch(folder / ("f" + std::to_string(i)));
        for (int i = 0; i < 100; ++i) {
            std::filesystem::create_directory(folder / ("d" + std::to_string(i)));
            touch(folder / ("d" + std::to_string(i) + "/inside"));
        }
        auto entries = walk(folder.path());
        REQUIRE((co_await entries.next()).has_value());
        for (int i = 0; i < 100; ++i) {
            const auto d = folder / ("d" + std::to_string(i));
            std::filesystem::remove_all(d);
            if (i % 3 == 1) touch(d);
            if (i % 3 == 2) std::filesystem::create_directory_symlink("/", d);  // is not followed
        }
        std::size_t files = 1, directories = 0;
        while (auto e = co_await entries.next()) {
            if (e->is_directory()) ++directories;
            else ++files;
            CHECK(e->depth == 0);
        }
        CHECK(files == 700);
        CHECK(directories == 0);
    }());
}

TEST_CASE("out of descriptors is an error of the walk") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        std::size_t before = 0;
        std::string text;
        const auto without = [&]() -> task<> {
            const low_limit none(0);
            text = co_await failure_of(folder.path(), before);
        };
        co_await without();
        CHECK(text == "walk " + folder.path().native() + ": Too many open files");
    }());
}

TEST_CASE("a walk that is stopped reads nothing more") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        for (int i = 0; i < 1500; ++i)
            touch(folder / std::to_string(i));
        const auto descriptors = open_descriptors();
        bool before = false, between = false;
        std::size_t seen = 0;
        const auto refused = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await all_of(folder.path());
            } catch (const coil::cancelled&) {
                before = true;
            }
        };
        auto r = coil::spawn(refused());
        co_await r.join_for(1h);
        CHECK(before);
        const auto stopped = [&]() -> task<> {
            try {
                auto entries = walk(folder.path());
                while (co_await entries.next()) {
                    if (++seen == 3) coil::this_thread.current->root->cancel("the test says so");
                }
            } catch (const coil::cancelled&) {
                between = true;
            }
        };
        auto s = coil::spawn(stopped());
        co_await s.join_for(1h);
        CHECK(between);
        CHECK(seen < 1500);
        CHECK(open_descriptors() == descriptors);
    }());
}

TEST_CASE("a walk from the pool comes back to the pool") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        for (int i = 0; i < 700; ++i)
            touch(folder / std::to_string(i));
        const auto walks = [&]() -> task<std::size_t> {
            std::size_t count = 0;
            auto entries = walk(folder.path());
            while (co_await entries.next()) {
                ++count;
                CHECK(coil::pool().here());
            }
            co_return count;
        };
        CHECK(co_await coil::spawn_on(coil::pool(), walks()) == 700);
    }());
}

TEST_CASE("a walk that follows links yields what they lead to, and walks no directory twice") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        std::filesystem::create_directories(folder / "a/b");
        touch(folder / "a/b/file");
        std::filesystem::create_directory_symlink(folder / "a", folder / "a/b/up");  // a circle
        std::filesystem::create_directory_symlink(folder / "a/b", folder / "short");
        std::filesystem::create_symlink("a/b/file", folder / "to_file");
        std::filesystem::create_symlink("nowhere", folder / "broken");
        std::map<std::string, file_type> found;
        int files = 0;
        for (const entry& e : co_await all_of(folder.path(), {.follow_links = true})) {
            found[e.path.lexically_relative(folder.path())] = e.type;
            files += e.path.filename() == "file";
        }
        CHECK(files == 1);
        CHECK(found["to_file"] == file_type::regular);
        CHECK(found["broken"] == file_type::symlink);
        CHECK(found["short"] == file_type::directory);
        CHECK(found["a"] == file_type::directory);
        CHECK((found.contains("a/b/up") || found.contains("short/up")));
    }());
}

TEST_CASE("a walk goes no deeper than it is told") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        std::filesystem::create_directories(folder / "a/b/c");
        touch(folder / "f");
        touch(folder / "a/g");
        const std::string root = folder.path();
        const auto top = co_await all_of(root, {.max_depth = 0});
        const auto second = co_await all_of(root, {.max_depth = 1});
        CHECK(paths(top) == std::multiset<std::string>{root + "/a", root + "/f"});
        CHECK(paths(second) == std::multiset<std::string>{root + "/a", root + "/a/b", root + "/a/g", root + "/f"});
        CHECK((co_await all_of(root)).size() == 5);
    }());
}

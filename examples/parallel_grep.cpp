// SPDX-License-Identifier: BSL-1.0
// Searches a tree of files for a text: the loop walks the tree, the pool reads and searches up to 64 files at a time, and
// what was found is printed in the order of the names, whoever ends first.
//
// Run it: build/examples/parallel_grep [TEXT FOLDER]; without arguments it searches a small tree that it makes itself.
// It prints
//    notes/1.txt:2: a coroutine is a function that waits
//    notes/2.txt:1: no coroutine waits in vain
//    src/main.cpp:3: // one coroutine more
//    3 lines in 3 of 5 files
#include <coil/coil.hpp>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using path = std::filesystem::path;

struct found {
    found() = default;  // no aggregate: g++ 12 would destroy such a result of a co_await twice
    std::string lines;
    int count = 0;
};

// One file, on the pool.
coil::task<found> search(path file, path shown, std::string_view text) {
    found f;
    auto contents = co_await coil::as_result(coil::fs::read_file(file));
    if (!contents.has_value()) {  // gone, or not ours to read: that ends no search
        f.lines = contents.error().message() + '\n';
        co_return f;
    }
    std::string_view rest = *contents;
    for (int number = 1; !rest.empty(); ++number) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (line.find(text) == line.npos) continue;
        f.lines += shown.native() + ':' + std::to_string(number) + ": " + std::string(line) + '\n';
        ++f.count;
    }
    co_return f;
}

coil::task<> grep(std::string_view text, path root) {
    std::vector<path> files;
    auto entries = coil::fs::walk(root, {.keep_going = true});
    while (auto e = co_await entries.next())
        if (e->is_regular_file()) files.push_back(e->path);
    std::sort(files.begin(), files.end());

    constexpr std::size_t most = 64;
    std::deque<coil::join_handle<found>> under_way;
    int lines = 0, hits = 0;
    std::size_t next = 0;
    while (next != files.size() || !under_way.empty()) {
        if (next != files.size() && under_way.size() != most) {
            const path& file = files[next++];
            under_way.push_back(coil::spawn_on(coil::pool(), search(file, file.lexically_relative(root), text)));
            continue;
        }
        const found f = co_await under_way.front();  // the oldest: so the order is kept
        under_way.pop_front();
        std::fputs(f.lines.c_str(), stdout);
        lines += f.count;
        hits += f.count != 0;
    }
    std::printf("%d lines in %d of %zu files\n", lines, hits, files.size());
}

coil::task<> show() {
    auto folder = co_await coil::fs::temporary_folder::make("parallel_grep");
    co_await coil::fs::create_directories(folder / "notes");
    co_await coil::fs::mkdir(folder / "src");
    co_await coil::fs::write_file(folder / "notes/1.txt", "a thread waits\na coroutine is a function that waits\n");
    co_await coil::fs::write_file(folder / "notes/2.txt", "no coroutine waits in vain");
    co_await coil::fs::write_file(folder / "notes/empty.txt", "");
    co_await coil::fs::write_file(folder / "src/main.cpp", "int main() {\n}\n// one coroutine more\n");
    co_await coil::fs::write_file(folder / "src/other.cpp", "// none here\n");
    co_await grep("coroutine", folder.path());
    co_await folder.remove();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        coil::run(argc == 3 ? grep(argv[1], argv[2]) : show());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "parallel_grep: %s\n", e.what());
        return 1;
    }
}

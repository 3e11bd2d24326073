// SPDX-License-Identifier: BSL-1.0
// Short children from several threads at once, each with a loop of its own, while others allocate and read files, and one
// writes scripts, makes them executable and starts them. Every exit code is right, nobody is stuck, no more than the limit
// are alive at a time.
#include "bad_day.hpp"
#include "children_of_this.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace bad_day;
namespace process = coil::process;

constexpr int most_alive = 4;
std::atomic<bool> over{false};

coil::task<> one(int code, std::atomic<int>& alive) {
    expect(++alive <= most_alive, "no more than the limit are alive");
    const auto r = co_await process::run({"sh", "-c", "exit " + std::to_string(code)}, {.capture = code % 3 == 0});
    --alive;
    expect_equal(r.exit_code(), code, "an exit code");
}

coil::task<> many(int count, int first) {
    std::atomic<int> alive{0};
    std::vector<coil::task<>> all;
    for (int i = 0; i != count; ++i)
        all.push_back(one((first + i) % 120, alive));
    co_await coil::when_all(std::move(all), {.max_in_flight = most_alive});
}

coil::task<> scripts(int count) {
    auto folder = co_await coil::fs::temporary_folder::make();
    for (int i = 0; i != count; ++i) {
        const std::string path = (folder.path() / ("script" + std::to_string(i))).string();
        const std::string text = "#!/bin/sh\nexit " + std::to_string(i % 120) + "\n";
        co_await coil::fs::write_file(path, text);
        expect(::chmod(path.c_str(), 0700) == 0, "a script can be made executable");
        const auto r = co_await coil::as_result(process::run({path}));
        // busy for more than a tenth of a second, which a machine under load may be, is an error that says so
        if (!r.has_value()) expect(r.error() == std::errc::text_file_busy, r.error().message());
        else expect_equal((*r).exit_code(), i % 120, "a script's exit code");
    }
    co_await folder.remove();
}

coil::task<> disturb() {
    while (!over) {
        const std::string text = co_await coil::fs::read_file("/proc/self/status");
        const auto copy = std::make_unique<std::string>(text + text);
        expect(!copy->empty(), "files can be read");
        co_await coil::yield();
    }
}

}  // namespace

int main(int argc, char** argv) {
    const watchdog w;
    const bool full = is_full(argc, argv);
    const int threads = full ? 8 : 3, each = full ? 5000 / threads : 12;
    std::vector<std::thread> all;
    for (int t = 0; t != threads; ++t)
        all.emplace_back([=] {
            coil::loop own;
            own.run(many(each, t * 7));
        });
    std::thread others([] {
        coil::loop own;
        own.run(disturb());
    });
    coil::run(scripts(full ? 500 : 8));
    for (std::thread& t : all)
        t.join();
    over = true;
    others.join();
    expect(has_no_children(), "no child is left");
    return verdict();
}

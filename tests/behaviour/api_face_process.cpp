// SPDX-License-Identifier: BSL-1.0
// The spellings of subprocesses, as an application types them: arguments and options in braces inside co_await
// expressions, texts that own memory among them, nothing destroyed twice (run it under ASan).
#include "face.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <vector>

using namespace std::chrono_literals;

namespace {

coil::task<> runs() {
    const std::string text = words() + "\n", dir = "/";
    const std::filesystem::path folder = "/usr";
    coil::process::environment vars;
    vars.set("A", words());
    vars.set("PATH", "/usr/bin:/bin");
    auto r = co_await coil::process::run({"sort", "-u"}, {.input = text, .capture = true, .timeout = 60s, .check = true, .cwd = dir, .env = vars});
    CHECK(r.out == text && r.args.size() == 2 && r.exit_code() == 0 && r.signal() == 0 && r.success() && r.err.empty());
    auto r2 = co_await coil::process::run({"cat", "-", std::string("-")}, {.input = words(3), .capture = true, .timeout = 60s, .cwd = folder});
    CHECK(r2.out == words(3) && r2.args[1] == "-");
    auto r3 = co_await coil::process::run({"pwd"}, {.capture = true, .cwd = "/usr"});
    CHECK(r3.out == "/usr\n");
    auto r4 = co_await coil::process::run({words(4) + "/true"}, {.program = "true"});
    CHECK(r4.args[0] == words(4) + "/true");
    const std::vector<std::string> list{"echo", words(5)};
    auto r5 = co_await coil::process::run(list, {.capture = true});
    CHECK(r5.out == words(5) + "\n");
    CHECK((co_await coil::process::run({"cat"}, {.input = words(4), .capture = true})).out == words(4));
    co_await coil::process::run({"true", words()});
    auto rr = co_await coil::as_result(coil::timeout(60s, coil::process::run({"sh", "-c", "cat; echo " + words(6)}, {.input = words(7), .capture = true})));
    CHECK((*rr).out == words(7) + words(6) + "\n" && (*rr).args.size() == 3);
}

coil::task<> children() {
    auto c = co_await coil::process::spawn({"cat"}, {.in = coil::process::pipe, .out = coil::process::pipe, .err = coil::process::to_stdout});
    std::array<std::byte, 4> b{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}, std::byte{'d'}};
    co_await c.in().write(b);
    c.in().close();
    const std::size_t n = co_await c.out().read(b);
    CHECK(n > 0);
    const auto st = co_await c.wait();
    CHECK(st.exit_code() == 0);
    c.terminate();
    c.kill();
    c.send_signal(SIGINT);
    CHECK(!c.alive() && c.pid() > 0);
    auto quiet = co_await coil::process::spawn({"sh", "-c", words(8) + " 2>&1; exit 2"}, {.in = coil::process::null, .out = coil::process::null, .err = coil::process::null});
    const auto end = co_await quiet.wait();
    CHECK(end.exit_code() == 2);
}

coil::task<> pipelines() {
    auto p = co_await (coil::process::command("ls", "/usr") | coil::process::command("wc", "-l")).run({.capture = true});
    CHECK(p.args.size() == 2 && p.success() && !p.out.empty());
    auto p3 = co_await (coil::process::command("echo", words(1)) | coil::process::command("cat") | coil::process::command("grep", words(1))).run({.capture = true});
    CHECK(p3.args[1] == words(1) && p3.out == words(1) + "\n");
    auto made = co_await coil::process::command("sh", "-c").arg("echo $WORD").env("WORD", words(2)).cwd("/").run({.capture = true});
    CHECK(made.out == words(2) + "\n");
}

coil::task<> errors() {
    bool missing = false, failed = false, late = false;
    try {
        co_await coil::process::run({"there-is-no-" + words(0).substr(0, 6)});
    } catch (const std::system_error& e) {
        missing = e.code() == std::errc::no_such_file_or_directory;
    }
    try {
        co_await coil::process::run({"false", words()}, {.check = true});
    } catch (const coil::process::failed& e) {
        failed = e.status().exit_code() == 1 && e.args().size() == 2;
    }
    try {
        co_await coil::process::run({"sleep", "1000"}, {.timeout = 1ms});
    } catch (const coil::timed_out&) {
        late = true;
    }
    CHECK(missing && failed && late);
}

coil::task<int> amain() {
    co_await runs();
    co_await children();
    co_await pipelines();
    co_await errors();
    co_return 7;
}

}  // namespace

int main() {
    CHECK(coil::run(amain()) == 7);
    std::puts("ok");
}

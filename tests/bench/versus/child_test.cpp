// SPDX-License-Identifier: BSL-1.0
#include "child/child.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "child/transfer.hpp"

using namespace versus;

namespace {

std::string first_line(int fd) {
    std::string line;
    std::byte one{};
    while (read_some(fd, std::span(&one, 1), "a line") == 1 && one != std::byte{'\n'})
        line += static_cast<char>(one);
    return line;
}

// A zombie, which whoever inherited it may still have to reap, runs no more.
bool runs(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    return !stat.empty() && stat.find(") Z ") == std::string::npos && stat.find(") X ") == std::string::npos;
}

}  // namespace

TEST_CASE("a child takes its input, gives its output and its end") {
    child cat = child::start({"cat"});
    write_all(cat.in().get(), "hello", "to cat");
    cat.in().reset();
    CHECK(read_rest(cat.out().get(), "from cat") == "hello");
    CHECK(cat.wait().well());
    CHECK_FALSE(cat.running());
}

TEST_CASE("how a child ended is told in words") {
    CHECK(child::start({"sh", "-c", "exit 3"}).wait().describe() == "ended with status 3");
    CHECK(child::start({"sh", "-c", "kill -9 $$"}).wait().describe() == "was ended by signal 9 (Killed)");
    CHECK_FALSE(child::start({"sh", "-c", "exit 3"}).wait().well());
}

TEST_CASE("a program that is not there is named") {
    CHECK_THROWS_WITH_AS((void)child::start({"/no/such/program"}), "start /no/such/program: No such file or directory",
                         std::system_error);
}

TEST_CASE("a child that nobody waits for is gone with its object, and so are its children") {
    pid_t grandchild = 0;
    {
        child shell = child::start({"sh", "-c", "sleep 1000 & echo $!; wait"});
        const std::string line = first_line(shell.out().get());
        std::from_chars(line.data(), line.data() + line.size(), grandchild);
        REQUIRE(grandchild > 1);
        REQUIRE(::kill(grandchild, 0) == 0);
    }
    // The signal has been sent when the object is gone; a moment may pass until it has its effect.
    while (runs(grandchild))
        std::this_thread::yield();
}

TEST_CASE("a pipe that ends in the middle of a message is no message") {
    child echo = child::start({"printf", "12345"});
    std::array<std::byte, 4> four;
    CHECK(read_exactly(echo.out().get(), four, "from printf"));
    CHECK_THROWS_AS((void)read_exactly(echo.out().get(), four, "from printf"), std::runtime_error);
    CHECK_FALSE(read_exactly(echo.out().get(), four, "from printf"));
}

TEST_CASE("writing to a child that has gone is an error, not a signal") {
    ::signal(SIGPIPE, SIG_IGN);
    child gone = child::start({"true"});
    CHECK(read_rest(gone.out().get(), "from true").empty());
    // Its output ends when it ends, and its end of the input pipe with it, perhaps a moment later.
    int error = 0;
    while (error == 0) {
        try {
            write_all(gone.in().get(), "x", "to true");
        } catch (const std::system_error& e) {
            error = e.code().value();
        }
    }
    CHECK(error == EPIPE);
}

// SPDX-License-Identifier: BSL-1.0
// A program that was started without its standard streams, as a service may be: no descriptor of its own becomes one of
// them, so that what it prints goes nowhere else, and its children and workers find streams that are theirs.
#include <coil/coil.hpp>

#include "bad_day.hpp"
#include "child_program.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace process = coil::process;

namespace {

int twice(int x) { return 2 * x; }

bool is_nothing(int fd) {
    struct stat s {};
    return ::fstat(fd, &s) == 0 && S_ISCHR(s.st_mode) && s.st_rdev == makedev(1, 3);
}

coil::task<int> without_streams() {
    auto l = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0});
    auto [server, client] = co_await coil::when_all(l.accept(), coil::net::tcp_stream::connect(l.local_endpoint()));
    std::puts("into no socket");
    std::fflush(stdout);
    co_await client.write("hello");
    std::string got(5, ' ');
    co_await server.read_exactly(got);
    if (got != "hello") co_return 2;

    auto r = co_await process::run({"sh", "-c", "cat && echo said"}, {.capture = true});
    if (!r.success() || r.out != "said\n") co_return 3;
    auto inherits = co_await process::run({"sh", "-c", "cat && echo said"});
    if (!inherits.success()) co_return 4;

    process::pool pool{1};
    const std::vector<int> doubled = co_await pool.map<&twice>(std::vector<int>(3, 4));
    if (doubled != std::vector<int>(3, 8)) co_return 5;
    co_await pool.close();
    co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const bool inside = argc == 2 && (std::strcmp(argv[1], "closed") == 0 || std::strcmp(argv[1], "late") == 0);
    if (inside)
        for (const int fd : {0, 1, 2}) ::close(fd);
    // either is the first that opens a descriptor
    if (!inside || std::strcmp(argv[1], "late") != 0) process::init(argc, argv);
    else coil::run(coil::yield());
    if (inside) {
        bad_day::watchdog guard;
        for (const int fd : {0, 1, 2})
            if (!is_nothing(fd)) return 10 + fd;
        process::init(argc, argv);
        return coil::run(without_streams());
    }
    bad_day::watchdog guard;
    for (const char* first : {"closed", "late"})
        bad_day::expect_equal(child_program(first).exit_code(), 0, std::string(first) + ": its exit code");
    return bad_day::verdict();
}

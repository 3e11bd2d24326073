// SPDX-License-Identifier: BSL-1.0
// Children whose handle is dropped, whose wait is stopped, that are detached, that could not be started: afterwards no
// child is left in whatever state, as many descriptors are open as before, and each error names its file.
#include "bad_day.hpp"
#include "children_of_this.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace bad_day;
using namespace std::chrono_literals;
namespace process = coil::process;

coil::task<> refused(process::arguments a, const char* cwd, std::errc why, std::string what) {
    const auto r = co_await coil::as_result(process::spawn(std::move(a), {.in = process::pipe, .out = process::pipe, .cwd = cwd}));
    expect(!r.has_value() && r.error() == why, "the reason of: " + what);
    if (!r.has_value()) expect(r.error().message().find(what) != std::string::npos, r.error().message() + " names " + what);
}

coil::task<> all(long count) {
    co_await process::run({"true"});
    const long before = open_descriptors();
    for (long i = 0; i != count; ++i) {
        process::child c = co_await process::spawn({"sleep", "1000"}, {.in = process::pipe, .out = process::pipe});
        switch (i % 4) {
        case 0:  // dropped
            break;
        case 1:
            co_await coil::move_on_after(1us, c.wait());
            break;
        case 2: {
            process::child quick = co_await process::spawn({"true"});
            quick.detach();
            break;
        }
        default:
            co_await refused({"/no/such/program"}, "", std::errc::no_such_file_or_directory, "/no/such/program");
            co_await refused({"/etc/passwd"}, "", std::errc::permission_denied, "/etc/passwd");
            co_await refused({"true"}, "/no/such/folder", std::errc::no_such_file_or_directory, "/no/such/folder");
        }
        ++progress;
    }
    co_await until([] { return has_no_children(); });
    co_await until([before] { return open_descriptors() == before; });
    expect(true, "nothing is left");
}

}  // namespace

int main(int argc, char** argv) {
    const watchdog w;
    coil::run(all(is_full(argc, argv) ? 1000 : 40));
    return verdict();
}

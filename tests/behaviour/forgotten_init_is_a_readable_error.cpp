// SPDX-License-Identifier: BSL-1.0
// A program that forgot process::init is told so at its first pool, start; and one whose workers do not come by init,
// although the parent did, is told too: no worker makes workers of its own, nothing hangs, nothing is left behind.
#include <coil/process.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/run/run.hpp>

#include "bad_day.hpp"

#include <stdexcept>
#include <string>

namespace process = coil::process;

namespace {

int twice(int x) { return 2 * x; }

template <class F>
std::string text_of(F&& f) {
    try {
        f();
    } catch (const std::exception& e) {
        return e.what();
    }
    return "no error";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void in_a_program_without_init(const char* who) {
    const auto pool = text_of([] { process::pool p{2}; });
    const auto started = text_of([] { coil::run(process::start<&twice>(1)); });
    bad_day::expect(has(pool, "call coil::process::init(argc, argv) first in main"), who + (": a pool says " + pool));
    bad_day::expect(has(started, "call coil::process::init(argc, argv) first in main"), who + (": start says " + started));
}

}  // namespace

int main(int argc, char** argv) {
    bad_day::watchdog guard;
    if (argc > 1) {
        // a worker of the pool below, whose main does not begin with init
        in_a_program_without_init("worker");
        return 5;
    }
    in_a_program_without_init("program");
    process::init(argc, argv);
    process::pool pool{2};
    const auto text = text_of([&] { coil::run(pool.call<&twice>(1)); });
    bad_day::expect(has(text, "end before they are ready") && has(text, "exit code 5") && has(text, "process::init"),
                    "the parent says " + text);
    bad_day::expect(text_of([&] { coil::run(pool.call<&twice>(1)); }) == text, "and says it again");
    return bad_day::verdict();
}

// SPDX-License-Identifier: BSL-1.0
// A child copies its input to output and errors at once, more than any pipe holds, while the parent supplies and collects
// all three. Then children that never read, that end early, that close one pipe early. Nobody waits for ever.
#include "bad_day.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <cstddef>
#include <string>

namespace {

using namespace bad_day;
namespace process = coil::process;

std::string numbered(std::size_t bytes) {
    std::string text;
    for (int i = 0; text.size() < bytes; ++i)
        text += std::to_string(i) + '\n';
    return text;
}

coil::task<> all(std::size_t bytes) {
    const std::string text = numbered(bytes), twice = text + text;
    for (int round = 0; round != 3; ++round) {
        auto r = co_await process::run({"tee", "/dev/stderr"}, {.input = text, .capture = true});
        expect(r.success(), "tee ends well");
        expect(r.out == text, "what came out is what went in");
        expect(r.err == text, "and on the other pipe");
        r = co_await process::run({"true"}, {.input = text, .capture = true});
        expect(r.success(), "a child need not read");
        r = co_await process::run({"sh", "-c", "exec 1>&-; cat >&2"}, {.input = text, .capture = true});
        expect(r.out.empty() && r.err == text, "a child may close its output early");
        r = co_await process::run({"sh", "-c", "exec 0<&-; head -c 300000 /dev/zero; exit 3"}, {.input = text, .capture = true});
        expect(r.exit_code() == 3 && r.out.size() == 300000, "a child may close its input early");
        process::child c = co_await process::spawn({"sh", "-c", "cat; cat /dev/null >&2"},
                                                   {.in = process::fast_pipe, .out = process::fast_pipe, .err = process::pipe});
        r = co_await c.communicate(twice);
        expect(r.out == twice, "the fast way has no other rules");
    }
}

}  // namespace

int main(int argc, char** argv) {
    const watchdog w;
    coil::run(all(std::size_t{is_full(argc, argv) ? 64U : 1U} << 20));
    return verdict();
}

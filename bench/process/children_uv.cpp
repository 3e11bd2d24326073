// SPDX-License-Identifier: BSL-1.0
// Rows spawn1, spawn64 and resident: libuv.
#include <uv.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

#include "../measure/row.hpp"
#include "children_work.hpp"

namespace {

using namespace children_work;

struct state {
    uv_loop_t loop;
    std::uint64_t left = 0;
};

void start(state& s);

void ended(uv_process_t* p, std::int64_t, int) {
    auto& s = *static_cast<state*>(p->data);
    uv_close(reinterpret_cast<uv_handle_t*>(p), [](uv_handle_t* h) { delete reinterpret_cast<uv_process_t*>(h); });
    if (s.left != 0) start(s);
}

void start(state& s) {
    --s.left;
    static char name[] = "/bin/true";
    static char* arguments[] = {name, nullptr};
    uv_process_options_t o{};
    o.file = name;
    o.args = arguments;
    o.exit_cb = &ended;
    auto* p = new uv_process_t;
    p->data = &s;
    if (uv_spawn(&s.loop, p, &o) != 0) std::abort();
}

measure::result run(std::uint64_t n, std::uint64_t at_once) {
    state s;
    uv_loop_init(&s.loop);
    s.left = n;
    const measure::window w;
    for (std::uint64_t i = 0; i != at_once && s.left != 0; ++i)
        start(s);
    uv_run(&s.loop, UV_RUN_DEFAULT);
    measure::result r = w.stop(static_cast<double>(n));
    uv_loop_close(&s.loop);
    return r;
}

constexpr auto whole = measure::shape::whole;
const measure::enrol all[] = {
    {"spawn1/uv", some, [](std::uint64_t n) { return run(n, 1); }, whole},
    {"spawn64/uv", 4 * some, [](std::uint64_t n) { return run(n, in_flight); }, whole},
    {"spawn_resident/uv", some_forks, [](std::uint64_t n) {
         const ballast heavy;
         measure::result r = run(n, 1);
         r.extra = heavy.gibibytes();
         return r;
     }, whole},
};

}  // namespace

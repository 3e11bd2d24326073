// SPDX-License-Identifier: BSL-1.0
// The main of every executable of rows.
//   (Google Benchmark's options)   times the rows of shape batch; `allocs` is allocations per operation
//   --list                         names all rows, one per line
//   --once NAME [N] [--core C]     runs one row once and prints its figures as one line of JSON
//   --count NAME N                 runs N operations and prints nothing: for callgrind
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "allocations.hpp"
#include "row.hpp"

namespace {

using measure::result;
using measure::row;

const row* find(std::string_view name) {
    for (const row& r : measure::rows())
        if (r.name == name) return &r;
    std::fprintf(stderr, "no row is called %.*s; --list names them\n", static_cast<int>(name.size()), name.data());
    return nullptr;
}

int once(const row& r, std::uint64_t n, bool counting) {
    if (counting) {
        r.run(n);  // the steady state is what counts
        measure::count_allocations();
    }
    const result got = r.run(n);
    const double each = got.operations > 0 ? got.operations : 1;
    std::printf(
        "{\"name\": \"%s\", \"ns\": %.3f, \"cpu_ns\": %.3f, \"operations\": %.0f, \"allocs\": %.6f, \"bytes\": %.1f, \"extra\": %.3f}\n",
        r.name, got.seconds * 1e9 / each, got.cpu_seconds * 1e9 / each, got.operations, got.allocations / each,
        got.bytes, got.extra);
    return 0;
}

void time_batches(benchmark::State& state, const row& r) {
    r.run(std::max<std::uint64_t>(r.size / 8, 1));  // warms caches, frame lists and threads
    double cpu = 0;
    double allocations = 0;
    double operations = 0;
    const auto batch = static_cast<benchmark::IterationCount>(r.size);
    while (state.KeepRunningBatch(batch)) {
        const result got = r.run(r.size);
        // A body may round n (fib does whole trees): the time is brought back to n operations.
        state.SetIterationTime(got.seconds * static_cast<double>(r.size) / got.operations);
        cpu += got.cpu_seconds;
        allocations += got.allocations;
        operations += got.operations;
    }
    state.counters["cpu_ns"] = cpu * 1e9 / operations;  // of all threads, in the timed parts alone
    state.counters["allocs"] = allocations / operations;
}

int usage() {
    std::fputs(
        "usage: --list | --once NAME [N] [--core C] [--allocations] | --count NAME N | Google Benchmark's options\n",
        stderr);
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (measure::first_in_main != nullptr) measure::first_in_main(argc, argv);
    std::sort(measure::rows().begin(), measure::rows().end(),
              [](const row& a, const row& b) { return std::strcmp(a.name, b.name) < 0; });
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "--list") {
        for (const row& r : measure::rows())
            std::printf("%s\n", r.name);
        return 0;
    }
    if (what == "--once" || what == "--count") {
        if (argc < 3) return usage();
        const row* r = find(argv[2]);
        if (r == nullptr) return 2;
        std::uint64_t n = r->size;
        bool counting = false;
        for (int i = 3; i < argc; ++i) {
            const std::string_view a = argv[i];
            if (a == "--core" && i + 1 < argc)
                measure::pin(static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10)));
            else if (a == "--allocations") counting = true;
            else n = std::strtoull(argv[i], nullptr, 10);
        }
        if (what == "--once") return once(*r, n, counting);
        r->run(n);
        return 0;
    }
    for (const row& r : measure::rows()) {
        if (r.how != measure::shape::batch) continue;
        const row copy = r;
        benchmark::RegisterBenchmark(copy.name, [copy](benchmark::State& s) {
            time_batches(s, copy);
        })->UseManualTime();
    }
    // An option of our own, taken out before Google Benchmark sees it.
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--core" && i + 1 < argc) {
            measure::pin(static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10)));
            std::copy(argv + i + 2, argv + argc, argv + i);
            argc -= 2;
            --i;
        } else if (std::string_view(argv[i]) == "--allocations") {
            measure::count_allocations();
            std::copy(argv + i + 1, argv + argc, argv + i);
            --argc;
            --i;
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}

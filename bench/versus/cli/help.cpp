// SPDX-License-Identifier: BSL-1.0
#include "cli/help.hpp"

#include <fmt/format.h>

#include "modes/mode.hpp"
#include "work/catalog.hpp"

namespace versus {

std::string help_begin() {
    return "versus: do you need concurrency, parallelism, or both?\n"
           "\n"
           "It does the same work in several ways (one item after another, on an event loop, on a pool of threads, with a\n"
           "thread for each item, with processes ...), checks that all of them come to the same results, and compares what\n"
           "they cost: time, CPU time, memory, context switches. Some work waits (for a server, for a disk), some computes,\n"
           "some does both; which way is best depends on that and on this machine, and the verdict at the end says so.\n"
           "\n"
           "In short: waiting for many things at once is concurrency, and one thread is enough for it (loop, or fibers\n"
           "where code cannot be coroutines); computing on several cores is parallelism (pool, threads, processes); a\n"
           "program that does both wants both (pool, loop+pool).";
}

std::string list_text() {
    std::string text = "works:\n";
    for (const work_entry& work : all_work()) {
        text += fmt::format("  {:<12}{:<10} {}\n", work.name, name_of(work.kind), work.title);
    }
    text += "modes:\n";
    for (const mode_entry& mode : all_modes())
        text += fmt::format("  {:<12}{}\n", mode.name, mode.title);
    return text;
}

std::string help_end() {
    return fmt::format(
        "\n{}\n"
        "How it measures: each run has a fresh process; the modes take turns; times are medians. How much work there is\n"
        "(requests, files, primes below which number) follows from the time that is allowed and from a short trial on\n"
        "this machine, and is told. The server listens on 127.0.0.1 in a process of its own, and ends with versus.\n"
        "\n"
        "How to read the table: \"at once\" is how many items a mode has under way; \"speed-up\" compares with sequential;\n"
        "\"CPU time\" is what all threads and processes used; \"switches\" are context switches, \"forced\" those of them at\n"
        "which the kernel took the core away. Time much longer than CPU time means waiting: concurrency helps. CPU time\n"
        "as long as time means computing: only more cores help. \"at once\" counts tasks, not cores: of the 64 of loop and\n"
        "fibers one computes at any moment, and the others wait for it.\n"
        "\n"
        "Examples:\n"
        "  versus --quick                          the whole comparison in 20 seconds\n"
        "  versus --dir ~/src --only io-files      how to read your own files\n"
        "  versus --only cpu-primes,cpu-queens     what the cores give\n"
        "  versus --only io-http --requests 2000 --in-flight 200\n"
        "\n"
        "Progress and errors go to standard error, table and verdict to standard output.\n"
        "Exit status: 0 all was measured; 1 something failed or is missing, the reports hold the rest; 2 the command\n"
        "line or the directory cannot be used; 130 interrupted, the reports hold what was measured until then.",
        list_text());
}

}  // namespace versus

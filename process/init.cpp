// SPDX-License-Identifier: BSL-1.0
#include <coil/process/init.hpp>

#include <coil/process/current.hpp>
#include <coil/process/manager_protocol.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/process/worker_main.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/ring/standard_numbers.hpp>

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace coil::process {

namespace {

struct program {
    std::vector<std::string> arguments;
    std::string name = "main";
    bool ready = false;
    bool is_worker = false;
};

using service = int (*)(bool);
constinit service other_service = nullptr;

program& self() noexcept {
    static program* const one = new program;
    return *one;
}

}  // namespace

void init(int argc, char** argv) {
    ring::hold_standard_numbers();
    program& p = self();
    p.ready = true;
    p.arguments.assign(argv, argv + argc);
    const bool is_marked = argc == 4 && p.arguments[1] == worker_mark;
    const bool is_rank = is_marked && p.arguments[2] == rank_worker;
    if (other_service && (!is_marked || is_rank)) {
        if (is_rank) p.arguments.resize(1);
        const int code = other_service(is_rank);
        if (code >= 0) std::exit(code);
    }
    if (!is_marked) return;
    p.is_worker = true;
    p.name = p.arguments[3];
    p.arguments.resize(1);
    int code = 1;
    try {
        show_name(p.name);
        for (int fd = 3; fd < 7; ++fd) keep_to_oneself(fd);
        hang_on(lifeline_number);
        const std::string_view kind = argv[2];
        code = kind == pool_worker ? serve_pool() : kind == manager_worker ? serve_manager() : serve_start();
    } catch (const std::exception& e) {
        log("worker " + p.name + ": " + e.what());
    }
    std::exit(code);
}

void set_other_service(int (*serve)(bool marked)) noexcept { other_service = serve; }

const std::vector<std::string>& program_arguments() noexcept { return self().arguments; }

void require_init() {
    if (!self().ready)
        throw std::logic_error(
            "worker processes run this program again and begin in coil::process::init: "
            "call coil::process::init(argc, argv) first in main");
}

process_identity current() {
    const program& p = self();
    return process_identity(p.name, ::getpid(), ::getppid(), p.is_worker);
}

}  // namespace coil::process

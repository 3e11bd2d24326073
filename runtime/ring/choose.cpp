// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/choose.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/ring/fallback_ring.hpp>
#include <coil/runtime/ring/kernel_ring.hpp>
#include <coil/runtime/ring/standard_numbers.hpp>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace coil::ring {

namespace {

void tell_once(std::string_view why) {
    static std::atomic<bool> told{false};
    if (told.exchange(true)) return;
    log("I/O goes by epoll and threads here, which is slower: " + std::string(why) +
        " (COIL_RING=fallback says that this is meant to be, COIL_RING=kernel makes it an error)");
}

bool means_no_io_uring(int error) {
    switch (error) {
    case ENOSYS:
    case EPERM:
    case EACCES:
    case ENOMEM:
    case EINVAL:  // older than 6.1
        return true;
    default:
        return false;
    }
}

std::unique_ptr<ring> make_either() {
    try {
        auto r = std::make_unique<kernel_ring>();
        // A filter may let rings be made and forbid the rest: then the ring knows not one opcode, and cannot be enabled.
        if (r->has(std::uint8_t{IORING_OP_NOP})) return r;
        tell_once("a seccomp filter forbids io_uring_register: allow it in its profile");
    } catch (const std::system_error& e) {
        if (!means_no_io_uring(e.code().value())) throw;
        tell_once(e.what());
    }
    return std::make_unique<fallback_ring>();
}

}  // namespace

std::unique_ptr<ring> make_ring() {
    hold_standard_numbers();
    const char* const wanted = std::getenv("COIL_RING");
    const std::string_view name = wanted == nullptr ? "" : wanted;
    if (name.empty()) return make_either();
    if (name == "kernel") return std::make_unique<kernel_ring>();
    if (name == "fallback") return std::make_unique<fallback_ring>();
    throw std::invalid_argument("coil: COIL_RING is \"" + std::string(name) + "\"; it can be kernel or fallback");
}

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_luck.hpp>

#include <coil/runtime/ring/simulated_socket.hpp>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>

namespace coil::ring {

simulated_luck::simulated_luck(simulated_random& random, const sim::faults& faults,
                               std::span<const sim::planned_fault> plan)
    : random_(random), faults_(faults), plan_(plan.begin(), plan.end()) {
    const auto check = [](double chance, const char* name) {
        if (chance >= 0 && chance <= 1) return;
        throw std::invalid_argument("sim::faults: ." + std::string(name) + " is " + std::to_string(chance) +
                                    ", and a chance lies between 0 and 1");
    };
    check(faults.short_reads, "short_reads");
    check(faults.short_writes, "short_writes");
    check(faults.interrupted, "interrupted");
    check(faults.nothing_yet, "nothing_yet");
    check(faults.reset, "reset");
    check(faults.no_buffers, "no_buffers");
    check(faults.no_descriptors, "no_descriptors");
    check(faults.disk_full, "disk_full");
    check(faults.disk_broken, "disk_broken");
    check(faults.lost_datagrams, "lost_datagrams");
    check(faults.delays, "delays");
    check(faults.late_cancels, "late_cancels");
    check(faults.full_completions, "full_completions");
}

long simulated_luck::begins(sim::kind what, simulated_file* on, bool trial) {
    std::uint64_t& count = counts_[static_cast<std::size_t>(what)];
    const auto line = std::find_if(plan_.begin(), plan_.end(),
                                   [&](const sim::planned_fault& p) { return p.what == what && p.nth == count + 1; });
    if (line != plan_.end() || !trial) ++count;
    const int failure = line != plan_.end() ? line->error : error(what, on);
    if (failure == ECONNRESET)
        if (auto* const socket = dynamic_cast<simulated_socket*>(on)) socket->reset();
    return -failure;
}

int simulated_luck::error(sim::kind what, simulated_file* on) {
    using enum sim::kind;
    const auto strikes = [this](double chance) { return random_.chance(chance); };
    const bool on_disk = on != nullptr && on->is_on_disk();
    switch (what) {
    case socket:
        return strikes(faults_.no_descriptors) ? EMFILE : strikes(faults_.no_buffers) ? ENOBUFS : 0;
    case accept:
        if (strikes(faults_.no_descriptors)) return EMFILE;
        if (strikes(faults_.no_buffers)) return ENOBUFS;
        break;
    case open:
        if (strikes(faults_.no_descriptors)) return EMFILE;
        break;
    case receive:
    case send: {
        auto* const stream = dynamic_cast<simulated_stream*>(on);
        if (stream != nullptr && stream->has_peer() && strikes(faults_.reset)) return ECONNRESET;
        if (what == send && strikes(faults_.no_buffers)) return ENOBUFS;
        break;
    }
    case write:
        if (on_disk && strikes(faults_.disk_full)) return ENOSPC;
        [[fallthrough]];
    case read:
    case sync:
        if (on_disk && strikes(faults_.disk_broken)) return EIO;
        break;
    case connect:
        break;
    case close:
    case other:
        return 0;
    }
    return strikes(faults_.interrupted) ? EINTR : 0;
}

std::size_t simulated_luck::cut(std::size_t wanted, double chance) {
    if (wanted < 2 || !random_.chance(chance)) return wanted;
    constexpr std::uint64_t few = 4;  // most buffers are larger than what is there
    return 1 + random_.draw(random_.draw(2) == 0 ? std::min<std::uint64_t>(few, wanted - 1) : wanted - 1);
}

std::uint64_t simulated_luck::delay() {
    constexpr std::uint64_t shortest = 1000;
    if (!random_.chance(faults_.delays)) return 0;
    const auto longest = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds(faults_.longest_delay).count(), 0));
    return longest <= shortest ? shortest : shortest + random_.draw(longest - shortest);
}

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/kernel_probe.hpp>

#include <coil/runtime/ring/newer.hpp>

#include <fcntl.h>
#include <liburing.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

namespace coil::ring {

namespace {

// A disabled ring answers EBADFD to whoever uses it; what the kernel does not know at all, it refuses before.
constexpr int known_but_disabled = -EBADFD;

// The clock of a wait given an absolute deadline is the machine's, while a process in a time namespace reads another.
bool clock_is_shifted() {
    std::ifstream offsets("/proc/self/timens_offsets");
    if (!offsets) return access("/proc/self/stat", F_OK) != 0;  // no such file: no namespaces; no /proc: unknown
    std::string name;
    std::int64_t seconds = 0, nanos = 0;
    while (offsets >> name >> seconds >> nanos)
        if (name == "monotonic" && (seconds != 0 || nanos != 0)) return true;
    return false;
}

bool waits_absolutely(int ring_fd) {
    __kernel_timespec time{};
    io_uring_getevents_arg argument{};
    argument.ts = reinterpret_cast<std::uintptr_t>(&time);
    const unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | newer::enter_absolute_timer;
    return io_uring_enter2(static_cast<unsigned>(ring_fd), 0, 0, flags, reinterpret_cast<sigset_t*>(&argument),
                           sizeof argument) == known_but_disabled &&
           !clock_is_shifted();
}

bool sends_messages(int ring_fd) {
    io_uring_sqe message{};
    io_uring_prep_msg_ring(&message, ring_fd, 0, 0, 0);
    return io_uring_register(static_cast<unsigned>(-1), newer::register_send_msg_ring, &message, 1) ==
           known_but_disabled;
}

void add_opcodes(features& found, int ring_fd) {
    constexpr unsigned most = 256;
    // The kernel's structure ends in an array of the caller's length.
    alignas(io_uring_probe) std::array<std::byte, sizeof(io_uring_probe) + most * sizeof(io_uring_probe_op)> space{};
    auto* const answer = reinterpret_cast<io_uring_probe*>(space.data());
    if (io_uring_register(static_cast<unsigned>(ring_fd), IORING_REGISTER_PROBE, answer, most) < 0) return;
    for (unsigned i = 0; i < answer->ops_len; ++i)
        if ((answer->ops[i].flags & IO_URING_OP_SUPPORTED) != 0) found.add(answer->ops[i].op);
}

}  // namespace

bool writes_without_signal() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    char byte = 0;
    const iovec data{&byte, 1};
    const bool known = pwritev2(ends[1], &data, 1, -1, newer::write_no_signal) == 1;
    ::close(ends[0]);
    ::close(ends[1]);
    return known;
}

features probe(int ring_fd) {
    static const bool signal_free_writes = writes_without_signal();
    features found;
    add_opcodes(found, ring_fd);
    found.add(feature::provided_buffers);  // 5.19; whoever offers some is told if not
    found.add(feature::registered_ring);   // 5.18; each thread has few places, so a refusal is no error
    if (waits_absolutely(ring_fd)) found.add(feature::absolute_deadline);
    if (sends_messages(ring_fd)) found.add(feature::send_message);
    if (signal_free_writes) found.add(feature::write_no_signal);
    return found;
}

}  // namespace coil::ring

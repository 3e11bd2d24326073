// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/kernel_memory.hpp>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace coil::ring {

namespace {

// What 6.1 has and coil cannot do without. Feature bits are older than the flags of the set-up, which are trialled
// by the set-up itself.
constexpr unsigned wanted_flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                                  IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP |
                                  IORING_SETUP_CQSIZE;
constexpr unsigned needed_features = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE |
                                     IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;

std::string forbidden_by() {
    int level = 0;
    std::ifstream("/proc/sys/kernel/io_uring_disabled") >> level;
    if (level == 2) return "the sysctl kernel.io_uring_disabled is 2: set it to 0";
    if (level == 1)
        return "the sysctl kernel.io_uring_disabled is 1: set it to 0, or add this user to the group that "
               "kernel.io_uring_group names";
    return "a seccomp filter or security module forbids it (containers often do): allow io_uring_setup, "
           "io_uring_enter and io_uring_register in its profile";
}

std::string locked_memory(const kernel_options& o) {
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    const std::size_t need =
        o.submission_entries * (sizeof(io_uring_sqe) + sizeof(unsigned)) + o.completion_entries * sizeof(io_uring_cqe);
    const std::string allowed =
        limit.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(limit.rlim_cur / 1024) + " KiB";
    return "no memory: a ring of " + std::to_string(o.submission_entries) + " and " +
           std::to_string(o.completion_entries) + " entries takes about " + std::to_string(need / 1024 + 8) +
           " KiB of locked memory, and the limit for this user's processes together is " + allowed +
           " (ulimit -l, LimitMEMLOCK): raise it, or ask for fewer entries";
}

std::string advice(int error, const kernel_options& o) {
    switch (error) {
    case ENOSYS:
        return "this kernel was built without io_uring, or a seccomp filter hides it: Linux 6.1 or later with "
               "io_uring_setup, io_uring_enter and io_uring_register allowed is needed";
    case EPERM:
    case EACCES:
        return forbidden_by();
    case ENOMEM:
        return locked_memory(o);
    case EMFILE:
        return "this process has too many descriptors open: raise its limit (ulimit -n)";
    case ENFILE:
        return "the system has too many files open: raise the sysctl fs.file-max";
    case EINVAL:
        return "this kernel is too old: Linux 6.1 or later is needed (SINGLE_ISSUER with DEFER_TASKRUN)";
    default:
        return "the kernel refused";
    }
}

// Orders the end of one ring before the beginning of the next. The kernel does as much, but liburing maps and unmaps by
// bare system calls, which ThreadSanitizer does not see: it takes memory that was mapped again for the same memory.
std::atomic<unsigned> rings_ended{0};

[[noreturn]] void refuse(int error, const kernel_options& o) {
    throw std::system_error(error, std::system_category(), "coil cannot set up io_uring: " + advice(error, o));
}

}  // namespace

kernel_memory::kernel_memory(const kernel_options& options) {
    if (options.submission_entries == 0 || options.completion_entries == 0)
        throw std::invalid_argument("coil: a ring needs at least one submission and one completion entry");
    io_uring_params parameters{};
    parameters.flags = wanted_flags;
    // The kernel refuses a completion queue smaller than the submission queue.
    parameters.cq_entries = options.completion_entries;
    if (parameters.cq_entries < options.submission_entries) parameters.cq_entries = options.submission_entries;
    if (const int r = io_uring_queue_init_params(options.submission_entries, &uring, &parameters); r < 0)
        refuse(-r, options);
    rings_ended.load(std::memory_order_acquire);  // after mapping; pairs with the addition before an unmapping
    if ((uring.features & needed_features) != needed_features) {
        io_uring_queue_exit(&uring);
        refuse(EINVAL, options);
    }
    // A filter may let rings be made and forbid to enter them: then not one completion would ever come. A ring that is
    // not enabled yet is no reason, only an answer.
    if (const int r =
            io_uring_enter2(static_cast<unsigned>(uring.ring_fd), 0, 0, IORING_ENTER_GETEVENTS, nullptr, _NSIG / 8);
        r == -EPERM || r == -EACCES || r == -ENOSYS) {
        io_uring_queue_exit(&uring);
        refuse(-r, options);
    }
    // Entry i of the ring is always entry i of the array, so the indirection is filled once. A liburing newer than 2.3
    // may have asked for a ring without it.
    if (uring.sq.array != nullptr)
        for (unsigned i = 0; i < *uring.sq.kring_entries; ++i)
            uring.sq.array[i] = i;
    io_uring_ring_dontfork(&uring);  // for a child made without fork handlers: a fault, not stolen completions
}

kernel_memory::~kernel_memory() {
    rings_ended.fetch_add(1, std::memory_order_release);  // pairs with the load after a later mapping
    io_uring_queue_exit(&uring);
}

void kernel_memory::part_from_kernel() noexcept {
    const auto replace = [](void* at, std::size_t size) {
        mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    };
    replace(uring.sq.ring_ptr, uring.sq.ring_sz);
    if (uring.cq.ring_ptr != uring.sq.ring_ptr) replace(uring.cq.ring_ptr, uring.cq.ring_sz);
    replace(uring.sq.sqes, *uring.sq.kring_entries * sizeof(io_uring_sqe));
    ::close(uring.ring_fd);
    uring.ring_fd = uring.enter_ring_fd = -1;
    uring.int_flags = 0;  // the index was registered with the parent's thread
}

}  // namespace coil::ring

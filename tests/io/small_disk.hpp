// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <sys/resource.h>

#include <csignal>
#include <cstddef>

namespace io_test {

// Files of this process may not grow beyond a size for a while: as good as a full disk, for which one would have to be
// root.
class small_disk {
public:
    explicit small_disk(std::size_t most) {
        struct sigaction ignore{};
        ignore.sa_handler = SIG_IGN;
        sigaction(SIGXFSZ, &ignore, &signal_before_);
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit less = before_;
        less.rlim_cur = most;
        setrlimit(RLIMIT_FSIZE, &less);
    }
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;
    ~small_disk() {
        setrlimit(RLIMIT_FSIZE, &before_);
        sigaction(SIGXFSZ, &signal_before_, nullptr);
    }

private:
    rlimit before_{};
    struct sigaction signal_before_{};
};

}  // namespace io_test

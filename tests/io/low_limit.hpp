// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <sys/resource.h>

namespace io_test {

// No descriptor of this process gets a number from `limit` on while it lives; those that are open stay.
class low_limit {
public:
    explicit low_limit(rlim_t limit) {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit low = before_;
        low.rlim_cur = limit;
        setrlimit(RLIMIT_NOFILE, &low);
    }
    low_limit(const low_limit&) = delete;
    low_limit& operator=(const low_limit&) = delete;
    ~low_limit() { setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

}  // namespace io_test

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <unistd.h>

#include <cstdlib>

namespace io_test {

// Root may do everything: then this process is nobody for a while.
class without_rights {
public:
    without_rights() {
        if (geteuid() == 0) changed_ = seteuid(65534) == 0;
    }
    without_rights(const without_rights&) = delete;
    without_rights& operator=(const without_rights&) = delete;
    ~without_rights() {
        if (changed_ && seteuid(0) != 0) std::abort();
    }

private:
    bool changed_ = false;
};

}  // namespace io_test

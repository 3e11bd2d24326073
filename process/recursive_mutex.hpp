// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/mutex.hpp>

namespace coil::process {

/// Is a `mutex` that its holder, a task or a plain thread, may lock again; it is free when it was unlocked as often.
class recursive_mutex : public mutex_core {
public:
    using guard = mutex_guard;
    /// Errors: `std::system_error` if there is no memory or descriptor.
    recursive_mutex() : mutex_core(kind_of_recursive) {}
    static recursive_mutex decode(decoder& from) { return recursive_mutex(from); }

private:
    explicit recursive_mutex(decoder& from) : mutex_core(kind_of_recursive, from) {}
};

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/whole_transfer.hpp>

#include <coil/runtime/base/errors.hpp>

#include <cerrno>

namespace coil {

bool whole_transfer::goes_on(operation& o, int result) noexcept {
    auto& self = static_cast<whole_transfer&>(o);
    if (result <= 0) return result == -EINTR;
    self.done_ += static_cast<std::size_t>(result);
    return self.done_ < self.size_;
}

long whole_transfer::tried(operation& o, long result) noexcept {
    return result > 0 && goes_on(o, static_cast<int>(result)) ? -EAGAIN : result;
}

int whole_transfer::await_resume() {
    try {
        return result();
    } catch (const cancelled&) {
        throw cancelled(done_);
    }
}

}  // namespace coil

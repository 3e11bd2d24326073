// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace coil {

/// Is thrown where some of the bytes had been moved before the operation failed: by `write`, `read_exactly`, `read_at`
/// and `write_at`.
class transfer_error : public std::system_error {
public:
    transfer_error(int error, const std::string& text, std::size_t transferred);
    /// Bytes that had been moved.
    std::size_t transferred() const noexcept { return transferred_; }

private:
    std::size_t transferred_;
};

/// The name of a descriptor that is a text: of a file, say.
inline std::string_view as_text(std::span<const std::byte> name) noexcept {
    return {reinterpret_cast<const char*>(name.data()), name.size()};
}

/// Makes the error of an operation on an object: "read 127.0.0.1:81".
error operation_error(int error, std::string_view operation, std::string_view object);
/// The same for one that had moved some of its bytes; thrown as a `transfer_error`.
error transfer_failure(int error, std::string_view operation, std::string_view object, std::size_t moved,
                       std::size_t wanted);

}  // namespace coil

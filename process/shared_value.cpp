// SPDX-License-Identifier: BSL-1.0
#include <coil/process/shared_value.hpp>

#include <coil/process/decoder.hpp>

namespace coil::process {

segment::shape shared_value_core::shape_of(std::size_t size) noexcept {
    constexpr std::uint32_t kind = 3;
    return {.kind = kind,
            .detail = static_cast<std::uint32_t>(size),
            .locks = 1,
            .bells = 0,
            .payload = line + 2 * whole_lines(size),
            .name = "process::shared_value"};
}

shared_value_core::shared_value_core(std::size_t size, const void* first) : segment_(segment::make(shape_of(size))) {
    std::memcpy(copy(0, size), first, size);
}

shared_value_core::shared_value_core(std::size_t size, decoder& from)
    : segment_(segment::attach(from, shape_of(size))) {}

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/ready.hpp>

#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <string>

namespace coil {

namespace {
constexpr unsigned events(ready_await::side what) noexcept {
    return what == ready_await::side::readable ? ring::poll_in : ring::poll_out;
}
}  // namespace

ready_await::ready_await(int fd, side what, place where) noexcept
    : fallible(fd, events(what), where), number_(fd), side_(what) {}

ready_await::ready_await(ring::descriptor& d, side what, place where) noexcept
    : fallible(d, events(what), where), number_(d.number()), side_(what) {}

error ready_await::failure(int error) const {
    return operation_error(error, side_ == side::readable ? "readable" : "writable", "fd " + std::to_string(number_));
}

}  // namespace coil

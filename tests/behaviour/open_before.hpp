// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "../io/loopback.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <cstddef>

namespace bad_day {

// What is open once everything is there that is set up once for the process: the same is to be open at the end.
class open_before {
public:
    open_before() {
        coil::run([]() -> coil::task<> { co_await coil::on_pool([] {}); }());
        count_ = io_test::open_descriptors();
    }
    void expect_kept() const { expect_equal(io_test::open_descriptors(), count_, "descriptors"); }

private:
    std::ptrdiff_t count_ = 0;
};

}  // namespace bad_day

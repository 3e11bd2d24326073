// SPDX-License-Identifier: BSL-1.0
#include <coil/process/managed.hpp>

#include <coil/process/codec.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

namespace process = coil::process;

// What proxies do is tested in manager_test.cpp.
static_assert(process::travels<process::managed_list<int>>);
static_assert(process::travels<process::managed_dict<std::string, int>>);
static_assert(process::travels<process::managed_value<int>>);
static_assert(process::travels<process::managed_namespace>);
static_assert(process::travels<process::managed_lock>);
static_assert(process::travels<process::managed_queue<std::string>>);

TEST_CASE("managed: a proxy is moved, not copied: each has its own connection") {
    CHECK(!std::is_copy_constructible_v<process::managed_list<int>>);
    CHECK(std::is_nothrow_move_constructible_v<process::managed_list<int>>);
}

// SPDX-License-Identifier: BSL-1.0
#include <coil/process/child_settings.hpp>

#include <doctest/doctest.h>

TEST_CASE("child_settings: are plain numbers, written in braces") {
    const coil::process::descriptor_move d{.from = coil::process::null_device, .to = 5};
    const coil::process::resource_limit n{.resource = 7, .soft = 1, .hard = 2};
    CHECK(d.to + n.resource == 12);
}

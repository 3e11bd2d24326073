// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/resume_on.hpp>

#include <string>

namespace coil {

const wait_table resume_on_await::table = {[](wait&) noexcept { return false; }, nullptr,
                                           [](const wait&, std::string& text) { text.append("another executor"); }};

}  // namespace coil

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>

#include <cstdint>
#include <string>

namespace versus {

/// http_call() with awaits where that blocks. Takes its texts by value: it lives longer than the call that makes it.
coil::task<std::string> awaited_http_call(std::uint16_t port, std::string method, std::string target,
                                          std::string body = {});

}  // namespace versus

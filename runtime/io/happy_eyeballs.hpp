// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/tcp_stream.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace coil::net {

/// Orders addresses so that the families alternate, beginning with the first one's. Source: RFC 8305, section 4.
std::vector<endpoint> interleaved(const std::vector<endpoint>& all);

/// Connects to the first of several addresses that answers: the next attempt begins when one has failed, or `delay`
/// after the one before. The others are stopped and waited for. Source: RFC 8305, section 5.
/// Errors: that of the last that failed, with all of them and `whom` in its text.
task<tcp_stream> connect_first(std::vector<endpoint> order, std::chrono::nanoseconds delay, std::string whom,
                               const std::function<task<tcp_stream>(const endpoint&)>& attempt);

}  // namespace coil::net

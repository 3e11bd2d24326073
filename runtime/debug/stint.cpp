// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/stint.hpp>

namespace coil::debug {

void append_task(std::string& text, std::uint64_t id, std::string_view name) {
    text.append("task ").append(std::to_string(id));
    if (!name.empty()) text.append(" \"").append(name).append("\"");
}

void append_duration(std::string& text, nanoseconds d) {
    const long long ns = d.count();
    if (ns < 10'000) text.append(std::to_string(ns)).append(" ns");
    else if (ns < 10'000'000) text.append(std::to_string(ns / 1'000)).append(" us");
    else if (ns < 10'000'000'000) text.append(std::to_string(ns / 1'000'000)).append(" ms");
    else text.append(std::to_string(ns / 1'000'000'000)).append(" s");
}

}  // namespace coil::debug

// SPDX-License-Identifier: BSL-1.0
#include <coil/process/exit_status.hpp>

#include <cstring>

namespace coil::process {

std::string to_string(const exit_status& s) {
    if (!s.known()) return "end unknown: something else took its status";
    if (s.signal() == 0) return "exit code " + std::to_string(s.exit_code());
    const char* const name = sigdescr_np(s.signal());
    std::string text = "killed by signal " + std::to_string(s.signal());
    if (name != nullptr) text.append(" (").append(name).append(")");
    if (s.dumped_core()) text += ", core dumped";
    return text;
}

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#include "report/html_text.hpp"

namespace versus {

std::string html_text(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text) {
        switch (c) {
        case '&':
            safe += "&amp;";
            break;
        case '<':
            safe += "&lt;";
            break;
        case '>':
            safe += "&gt;";
            break;
        case '"':
            safe += "&quot;";
            break;
        case '\'':
            safe += "&#39;";
            break;
        case '\n':
        case '\t':
            safe += c;
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
                safe += "\xef\xbf\xbd";
            } else {
                safe += c;
            }
        }
    }
    return safe;
}

}  // namespace versus

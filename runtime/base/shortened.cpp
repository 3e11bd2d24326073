// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/shortened.hpp>

namespace coil {

namespace {

// The further bytes of a character: 10xxxxxx.
bool is_inside(std::string_view text, std::size_t at) noexcept {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

}  // namespace

std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    constexpr int most_of_a_character = 3;  // bytes after its first; what has more of them is no UTF-8
    std::size_t begin = most / 2, end = text.size() - most / 2;
    for (int i = 0; i != most_of_a_character && begin != 0 && is_inside(text, begin); ++i) --begin;
    for (int i = 0; i != most_of_a_character && is_inside(text, end); ++i) ++end;
    std::string out(text.substr(0, begin));
    out.append("[...").append(std::to_string(end - begin)).append(" bytes...]").append(text.substr(end));
    return out;
}

}  // namespace coil

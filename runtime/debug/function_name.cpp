// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/function_name.hpp>

#include <cstddef>

namespace coil::debug {

namespace {

bool opens(char c) noexcept { return c == '(' || c == '<' || c == '[' || c == '{'; }
bool closes(char c) noexcept { return c == ')' || c == '>' || c == ']' || c == '}'; }

// Where the bracket that ends the text was opened; npos if it was not.
std::size_t opening(std::string_view text) noexcept {
    std::size_t depth = 0;
    for (std::size_t at = text.size(); at-- != 0;) {
        if (closes(text[at])) ++depth;
        else if (opens(text[at]) && --depth == 0) return at;
    }
    return std::string_view::npos;
}

bool cut_end(std::string_view& text, std::string_view end) noexcept {
    if (!text.ends_with(end)) return false;
    text.remove_suffix(end.size());
    return true;
}

// What stands behind the name: "(int) const [with T = int]".
std::string_view without_arguments(std::string_view text) noexcept {
    for (;;) {
        if (cut_end(text, " const") || cut_end(text, " noexcept") || cut_end(text, " &") || cut_end(text, " &&")) continue;
        if (text.empty() || (text.back() != ')' && text.back() != ']') || text.ends_with("operator()")) return text;
        const std::size_t at = opening(text);
        if (at == std::string_view::npos || at == 0) return text;
        text.remove_suffix(text.size() - at);
        while (cut_end(text, " ")) {}
    }
}

}  // namespace

std::string function_name(std::string_view as_compiled) {
    const std::string_view text = without_arguments(as_compiled);
    std::size_t begin = 0, depth = 0;
    for (std::size_t at = 0; at != text.size(); ++at) {
        if (opens(text[at])) ++depth;
        else if (closes(text[at]) && depth != 0) --depth;
        else if (text[at] == ' ' && depth == 0) begin = at + 1;
    }
    return std::string(text.substr(begin));
}

bool is_of_coil(place where) noexcept {
    const std::string_view file = where.file_name();
    for (const std::string_view part : {"/coil/runtime/", "/coil/sync/", "/coil/process/"})
        if (file.find(part) != std::string_view::npos) return true;
    // a source of the library, which lies beside this one
    constexpr std::string_view here = __FILE__;
    constexpr std::string_view name = "runtime/debug/function_name.cpp";
    if (!here.ends_with(name)) return false;
    const std::string_view root = here.substr(0, here.size() - name.size());
    if (!file.starts_with(root)) return false;
    const std::string_view rest = file.substr(root.size());
    return rest.starts_with("runtime/") || rest.starts_with("sync/") || rest.starts_with("process/");
}

}  // namespace coil::debug

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/trace_event.hpp>

#include <algorithm>
#include <charconv>

namespace coil::debug {

namespace {

// Each byte may become six: one name and three places stay below the longest event.
constexpr std::size_t longest_name = 128, longest_path = 128;

void append_number(std::string& text, std::int64_t n) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    text.append(digits, end);
}

// Nanoseconds as microseconds with three digits behind the point.
void append_micros(std::string& text, std::int64_t ns) {
    ns = std::max<std::int64_t>(ns, 0);
    append_number(text, ns / 1000);
    const int rest = static_cast<int>(ns % 1000);
    const char digits[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
    text.append(digits, sizeof digits);
}

void append_where(std::string& text, std::string_view key, const place& p) {
    if (p.line() == 0) return;
    text.append(",\"").append(key).append("\":");
    // of a long path the end tells more
    std::string_view file = p.file_name();
    if (file.size() > longest_path) file.remove_prefix(file.size() - longest_path);
    append_quoted(text, file, longest_path);
    text.pop_back();
    text.push_back(':');
    append_number(text, p.line());
    text.push_back('"');
}

// How long the well-formed UTF-8 character is that begins here; 0: there is none.
std::size_t character_at(std::string_view s) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || s.size() < length) return 0;
    for (std::size_t i = 1; i != length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    // the shortest form only, no surrogates, nothing beyond the last plane
    const unsigned char second = byte(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
        return 0;
    return length;
}

void append_track(std::string& text, int process, int thread) {
    text.append("\"pid\":");
    append_number(text, process);
    text.append(",\"tid\":");
    append_number(text, thread);
}

}  // namespace

void append_quoted(std::string& text, std::string_view bytes, std::size_t most) {
    static constexpr char hex[] = "0123456789abcdef";
    text.push_back('"');
    for (std::size_t taken = 0; !bytes.empty();) {
        const std::size_t length = character_at(bytes);
        taken += std::max<std::size_t>(length, 1);
        if (taken > most) break;
        const char c = bytes.front();
        if (length == 0) text.push_back('?');
        else if (length > 1) text.append(bytes.substr(0, length));
        else if (c == '"' || c == '\\') text.append({'\\', c});
        else if (static_cast<unsigned char>(c) < 0x20) text.append("\\u00").append({hex[c >> 4], hex[c & 15]});
        else text.push_back(c);
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
    text.push_back('"');
}

void append_slice(std::string& text, const stint& s, int process, int thread) {
    const bool call = s.what == stint::kind::call;
    text.append(call ? "{\"ph\":\"X\",\"cat\":\"call\",\"name\":" : "{\"ph\":\"X\",\"cat\":\"task\",\"name\":");
    if (s.task == 0) text.append("\"a call\"");
    else if (!s.name.empty()) append_quoted(text, s.name, longest_name);
    else {
        text.append("\"task ");
        append_number(text, static_cast<std::int64_t>(s.task));
        text.push_back('"');
    }
    text.push_back(',');
    append_track(text, process, thread);
    text.append(",\"ts\":");
    append_micros(text, s.begin.time_since_epoch().count());
    text.append(",\"dur\":");
    append_micros(text, (s.over - s.begin).count());
    text.append(",\"args\":{\"id\":");
    append_number(text, static_cast<std::int64_t>(s.task));
    append_where(text, "spawned", s.spawned);
    append_where(text, "from", s.from);
    append_where(text, "to", s.to);
    if (!s.end.empty()) text.append(",\"end\":\"").append(s.end).append("\"");
    text.append("}},\n");
}

void append_thread_name(std::string& text, std::string_view name, int process, int thread) {
    text.append("{\"ph\":\"M\",\"name\":\"thread_name\",");
    append_track(text, process, thread);
    text.append(",\"args\":{\"name\":");
    append_quoted(text, name, longest_name);
    text.append("}},\n");
}

void append_end(std::string& text, std::string_view program, int process) {
    text.append("{\"ph\":\"M\",\"name\":\"process_name\",");
    append_track(text, process, process);
    text.append(",\"args\":{\"name\":");
    append_quoted(text, program, longest_name);
    text.append("}}\n]\n");
}

}  // namespace coil::debug

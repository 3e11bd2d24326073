// SPDX-License-Identifier: BSL-1.0
#include "work/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace versus {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t longest_message = std::size_t{1} << 20;

std::size_t number(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > longest_message) {
        throw std::runtime_error(fmt::format("HTTP: \"{}\" is no length", text));
    }
    return value;
}

// The name of a header field is written in any case.
bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

// The fields between the first line and the empty one. Zero where there is no length.
std::size_t content_length(std::string_view fields) {
    while (!fields.empty()) {
        const std::size_t end = std::min(fields.find(line_end), fields.size());
        std::string_view field = fields.substr(0, end);
        const std::size_t colon = field.find(':');
        if (colon != std::string_view::npos && same_word(field.substr(0, colon), "content-length")) {
            field.remove_prefix(colon + 1);
            field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
            return number(field);
        }
        fields.remove_prefix(std::min(end + line_end.size(), fields.size()));
    }
    return 0;
}

struct message {
    std::string_view first_line;
    std::string_view body;
};

std::optional<message> parse_message(std::string_view text) {
    const std::size_t head = text.find(head_end);
    if (head == std::string_view::npos) {
        if (text.size() > longest_message) throw std::runtime_error("HTTP: a head without end");
        return std::nullopt;
    }
    const std::string_view lines = text.substr(0, head);
    const std::size_t line = std::min(lines.find(line_end), lines.size());
    const std::size_t length = content_length(lines.substr(std::min(line + line_end.size(), lines.size())));
    const std::string_view rest = text.substr(head + head_end.size());
    if (rest.size() < length) return std::nullopt;
    return message{lines.substr(0, line), rest.substr(0, length)};
}

}  // namespace

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
    return fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", method,
                       target, body.size(), body);
}

std::string answer_text(int status, std::string_view body) {
    return fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status,
        status == 200 ? "OK" : "Not Found", body.size(), body);
}

std::optional<http_request> parse_request(std::string_view text) {
    const std::optional<message> whole = parse_message(text);
    if (!whole) return std::nullopt;
    const std::string_view line = whole->first_line;
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || !line.substr(second + 1).starts_with("HTTP/1.")) {
        throw std::runtime_error(fmt::format("HTTP: \"{}\" is no request", line));
    }
    return http_request{line.substr(0, first), line.substr(first + 1, second - first - 1), whole->body};
}

std::string_view parse_answer(std::string_view text) {
    const std::optional<message> whole = parse_message(text);
    if (!whole) throw std::runtime_error("HTTP: the connection ended in the middle of the answer");
    if (!whole->first_line.starts_with("HTTP/1.1 200 ")) {
        throw std::runtime_error(fmt::format("HTTP: the server answered \"{}\"", whole->first_line));
    }
    return whole->body;
}

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace versus {

/// The little of HTTP/1.1 that both sides need: one request and one answer per connection, lengths by Content-Length.
std::string request_text(std::string_view method, std::string_view target, std::string_view body);
std::string answer_text(int status, std::string_view body);

struct http_request {
    std::string_view method;
    std::string_view target;
    std::string_view body;
};

/// Shape: nothing while the request is not whole yet. The views are into `text`.
/// Errors: std::runtime_error on what is no request.
std::optional<http_request> parse_request(std::string_view text);

/// The body of a whole answer with status 200.
/// Errors: std::runtime_error, with the status line where there is one, on anything else.
std::string_view parse_answer(std::string_view text);

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <string>

#include "work/http_message.hpp"

namespace versus {

struct planned_answer {
    std::string text;
    std::chrono::microseconds delay;
};

/// What the server says to one request, and after how long: a function of the request alone.
planned_answer answer_to(const http_request& request);

}  // namespace versus

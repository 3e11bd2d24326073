// SPDX-License-Identifier: BSL-1.0
#include "measure/job.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace versus {

std::string encode(const job& todo) {
    return nlohmann::json{{"mode", todo.mode}, {"width", todo.width}}.dump() + '\n' + encode(todo.spec);
}

job decode_job(std::string_view text) {
    const std::size_t line = text.find('\n');
    if (line == std::string_view::npos) throw std::runtime_error("a job without its first line");
    const auto head = nlohmann::json::parse(text.substr(0, line));
    return {head.at("mode"), head.at("width"), decode_work_spec(text.substr(line + 1))};
}

}  // namespace versus

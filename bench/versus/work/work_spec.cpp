// SPDX-License-Identifier: BSL-1.0
#include "work/work_spec.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace versus {

std::string encode(const work_spec& spec) {
    const nlohmann::json head{
        {"work", spec.work},          {"port", spec.port},     {"requests", spec.requests},     {"below", spec.below},
        {"board", spec.board},        {"rounds", spec.rounds}, {"most_bytes", spec.most_bytes}, {"cold", spec.cold},
        {"files", spec.files.size()},
    };
    std::string text = head.dump() + '\n';
    for (const std::string& file : spec.files) {
        text += file;
        text += '\0';
    }
    return text;
}

work_spec decode_work_spec(std::string_view text) {
    const std::size_t line = text.find('\n');
    if (line == std::string_view::npos) throw std::runtime_error("a work description without its first line");
    const auto head = nlohmann::json::parse(text.substr(0, line));
    text.remove_prefix(line + 1);

    work_spec spec;
    head.at("work").get_to(spec.work);
    head.at("port").get_to(spec.port);
    head.at("requests").get_to(spec.requests);
    head.at("below").get_to(spec.below);
    head.at("board").get_to(spec.board);
    head.at("rounds").get_to(spec.rounds);
    head.at("most_bytes").get_to(spec.most_bytes);
    head.at("cold").get_to(spec.cold);
    const auto files = head.at("files").get<std::size_t>();
    for (std::size_t i = 0; i < files; ++i) {
        const std::size_t end = text.find('\0');
        if (end == std::string_view::npos) throw std::runtime_error("a work description with too few files");
        spec.files.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return spec;
}

}  // namespace versus

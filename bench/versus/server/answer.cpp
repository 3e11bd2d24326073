// SPDX-License-Identifier: BSL-1.0
#include "server/answer.hpp"

#include <fmt/format.h>

#include <charconv>

#include "server/delay.hpp"

namespace versus {

planned_answer answer_to(const http_request& request) {
    constexpr std::string_view place = "/item/";
    std::string_view id_text = request.target;
    std::size_t id = 0;
    if (!id_text.starts_with(place)) return {answer_text(404, "there are only items here\n"), {}};
    id_text.remove_prefix(place.size());
    const auto [end, error] = std::from_chars(id_text.data(), id_text.data() + id_text.size(), id);
    if (error != std::errc{} || end != id_text.data() + id_text.size()) {
        return {answer_text(404, "an item is a number\n"), {}};
    }
    const auto delay = delay_of(id);
    return {answer_text(200, fmt::format("item {} after {} us: {}\n", id, delay.count(), request.body)), delay};
}

}  // namespace versus

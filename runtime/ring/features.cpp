// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/features.hpp>

#include <array>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace coil::ring {

namespace {

// In the order of `feature`.
constexpr std::array<std::string_view, feature_count> names{"absolute_deadline", "provided_buffers", "registered_ring",
                                                            "send_message", "write_no_signal"};

bool add_named(features& to, std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return to.named.set(i), true;
    return false;
}

bool add_opcode(features& to, std::string_view name) {
    constexpr std::string_view prefix = "opcode ";
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    std::uint8_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) return false;
    to.add(number);
    return true;
}

}  // namespace

features parse_features(std::string_view list) {
    features found;
    while (!list.empty()) {
        const std::string_view name = list.substr(0, list.find(','));
        list.remove_prefix(name.size() < list.size() ? name.size() + 1 : name.size());
        if (name == "all") {
            found.named.set();
        } else if (!add_named(found, name) && !add_opcode(found, name)) {
            std::string text = "coil: no feature of the ring is called \"" + std::string(name) + "\"; there are all";
            for (std::string_view known : names)
                text.append(", ").append(known);
            throw std::invalid_argument(text + " and \"opcode N\"");
        }
    }
    return found;
}

features hidden_by_environment() {
    const char* list = std::getenv("COIL_RING_HIDE");
    return list == nullptr ? features{} : parse_features(list);
}

}  // namespace coil::ring

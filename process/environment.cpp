// SPDX-License-Identifier: BSL-1.0
#include <coil/process/environment.hpp>

#include <coil/runtime/base/shortened.hpp>

#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace coil::process {

environment environment::inherited() {
    environment e;
    for (char** line = environ; line != nullptr && *line != nullptr; ++line) {
        const std::string_view text = *line;
        const std::size_t equals = text.find('=');
        if (equals == 0 || equals == std::string_view::npos) continue;  // nobody could name it
        e.variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return e;
}

environment& environment::set(std::string name, std::string value) {
    constexpr std::string_view forbidden("=\0", 2);
    if (name.empty() || name.find_first_of(forbidden) != std::string::npos)
        throw std::invalid_argument("coil: \"" + shortened(name) + "\" cannot name an environment variable");
    if (value.find('\0') != std::string::npos)
        throw std::invalid_argument("coil: the value of the environment variable " + shortened(name) + " has a zero in it");
    variables_.insert_or_assign(std::move(name), std::move(value));
    return *this;
}

environment& environment::remove(std::string_view name) {
    if (const auto found = variables_.find(name); found != variables_.end()) variables_.erase(found);
    return *this;
}

std::optional<std::string> environment::get(std::string_view name) const {
    const auto found = variables_.find(name);
    return found != variables_.end() ? std::optional(found->second) : std::nullopt;
}

std::vector<std::string> environment::lines() const {
    std::vector<std::string> all;
    all.reserve(variables_.size());
    for (const auto& [name, value] : variables_)
        all.push_back(name + '=' + value);
    return all;
}

}  // namespace coil::process

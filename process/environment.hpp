// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coil::process {

/// Is a set of environment variables for children. An empty one takes the place of this process's own, as every other;
/// to add to that or to take from it, begin with `inherited()`.
/// Threads: as a map.
class environment {
public:
    environment() = default;
    /// A copy of this process's own. Threads: nobody changes that meanwhile (setenv).
    static environment inherited();

    /// Errors: `std::invalid_argument` for a name that is empty or has '=' or a zero in it, a value with a zero.
    environment& set(std::string name, std::string value);
    environment& remove(std::string_view name);
    std::optional<std::string> get(std::string_view name) const;
    bool contains(std::string_view name) const { return variables_.find(name) != variables_.end(); }
    std::size_t size() const noexcept { return variables_.size(); }
    bool empty() const noexcept { return variables_.empty(); }
    auto begin() const noexcept { return variables_.begin(); }
    auto end() const noexcept { return variables_.end(); }
    /// As exec takes them: "NAME=value".
    std::vector<std::string> lines() const;

private:
    std::map<std::string, std::string, std::less<>> variables_;
};

/// Refers to a named environment, or to none; a temporary is refused, because nobody would destroy it rightly inside a
/// co_await expression under g++ 12.
class environment_ref {
public:
    constexpr environment_ref() noexcept = default;
    constexpr environment_ref(const environment& e) noexcept : to_(&e) {}
    environment_ref(environment&&) = delete;
    environment_ref(const environment&&) = delete;
    constexpr const environment* get() const noexcept { return to_; }

private:
    const environment* to_ = nullptr;
};

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil::process {

template <class S>
concept text_like = std::convertible_to<S, std::string_view>;

template <class R>
concept range_of_texts = std::ranges::input_range<R> && text_like<std::ranges::range_reference_t<R>> && !text_like<R>;

/// Is a program's name and its arguments, as in `run({"sort", "-u", path})`; or any range of texts.
/// Errors: `std::invalid_argument` for an empty list, for an empty name and for a text with a zero in it.
class arguments {
public:
    template <text_like... S>
        requires(sizeof...(S) > 0)
    arguments(S&&... each) {
        list_.reserve(sizeof...(S));
        (list_.emplace_back(std::string_view(each)), ...);
        check();
    }
    template <range_of_texts R>
        requires(!std::same_as<std::remove_cvref_t<R>, arguments>)
    arguments(R&& range) {
        for (auto&& text : range)
            list_.emplace_back(std::string_view(text));
        check();
    }
    arguments(std::vector<std::string>&& all) : list_(std::move(all)) { check(); }
    arguments(const arguments&) = default;
    arguments(arguments&&) noexcept = default;
    arguments& operator=(const arguments&) = default;
    arguments& operator=(arguments&&) noexcept = default;
    ~arguments() {}

    const std::vector<std::string>& list() const& noexcept { return list_; }
    std::vector<std::string> list() && noexcept { return std::move(list_); }

private:
    void check() const;
    std::vector<std::string> list_;
};

}  // namespace coil::process

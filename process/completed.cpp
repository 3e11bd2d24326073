// SPDX-License-Identifier: BSL-1.0
#include <coil/process/completed.hpp>

#include <string_view>

namespace coil::process {

namespace {

constexpr std::size_t most_of_errors = 1024;

std::string text_of(const completed& c, std::string_view why = {}) {
    std::string text = c.args.front() + ": ";
    text.append(why).append(to_string(c.status()));
    std::string_view said = c.err;
    while (said.ends_with('\n'))
        said.remove_suffix(1);
    // what went wrong comes last
    if (said.size() > most_of_errors) said.remove_prefix(said.size() - most_of_errors);
    if (!said.empty()) text.append(": ").append(said);
    return text;
}

}  // namespace

timed_out::timed_out(process::completed c) : text_(text_of(c, "its time was over: ")), completed_(std::move(c)) {}

failed::failed(process::completed c) : std::runtime_error(text_of(c)), completed_(std::move(c)) {}

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace versus {

struct options {
    std::string dir = "/usr/share/doc";
    std::vector<std::string> works;  ///< Those to measure, in the order of the catalog.
    std::vector<std::string> modes;  ///< Those to measure, in the order of the catalog.
    double seconds = 120;            ///< The time that all of it may take.
    std::size_t runs = 5;
    bool runs_given = false;  ///< Then not even the clock takes one away.
    std::optional<std::size_t> requests;
    std::size_t in_flight = 64;
    bool warm = false;
    bool list = false;
    std::string json = "report.json";
    std::string html = "report.html";
};

/// The command line asks for nothing but a text: help, or what is wrong with it.
struct text_only {
    std::string text;
    int exit_status = 0;
};

/// Understands the arguments after the program's name.
std::variant<options, text_only> parse_options(const std::vector<std::string>& args);

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "explorer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace model {

/// The text of a line of a source, without its indentation.
inline std::string line_of(const weakening& w) {
    std::ifstream in(w.file);
    std::string text;
    for (unsigned n = 0; n != w.line && std::getline(in, text);) ++n;
    text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

using scenario = std::function<void(explorer&)>;

/// Explores scenarios, which must be right in every run. Then takes the order away from each operation that asks for one, in
/// the files that end with one of `files`: at least one scenario must notice. Those may stay unnoticed whose line contains one
/// of `spared`.
inline void check_every_order(const std::vector<scenario>& scenarios, const std::vector<std::string>& files,
                              const std::vector<std::string>& spared = {}, bounds b = {}) {
    const auto ends_with_one = [](const std::string& text, const std::vector<std::string>& ends) {
        return std::any_of(ends.begin(), ends.end(), [&](const std::string& end) { return text.ends_with(end); });
    };
    std::vector<weakening> orders;
    for (const scenario& s : scenarios) {
        explorer e(b);
        const verdict v = e.explore(s);
        INFO(v.wrong);
        REQUIRE(v.wrong.empty());
        const std::string how_far = std::to_string(v.runs) + (v.exhausted ? " runs, all there are" : " runs, and there are more");
        MESSAGE(how_far);
        for (const weakening& w : v.orders) {
            const auto same = [&](const weakening& o) { return o.file == w.file && o.line == w.line; };
            if (ends_with_one(w.file, files) && std::none_of(orders.begin(), orders.end(), same)) orders.push_back(w);
        }
    }
    REQUIRE(!orders.empty());
    for (const weakening& w : orders) {
        const std::string line = line_of(w);
        REQUIRE_MESSAGE(!line.empty(), "cannot read " << w.file);
        const auto in_line = [&](const std::string& part) { return line.find(part) != std::string::npos; };
        if (std::any_of(spared.begin(), spared.end(), in_line)) continue;
        const auto notices = [&](const scenario& s) { return !explorer(b, w).explore(s).wrong.empty(); };
        CHECK_MESSAGE(std::any_of(scenarios.begin(), scenarios.end(), notices),
                      "nobody notices a relaxed order at " << w.file << ":" << w.line << ": " << line);
    }
}

}  // namespace model

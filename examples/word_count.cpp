// SPDX-License-Identifier: BSL-1.0
// Words of a text counted by worker processes: each gets pieces of it, sends back a map, and the maps are added up as they
// come, in whatever order.
//
// Run it: build/examples/word_count [FILE]
// It prints
//    16 pieces, 6400 words, 7 of them different
//       1600 the
//        800 and
//        800 brown
#include <coil/coil.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

using counts = std::map<std::string, long>;

counts count_words(const std::string& text) {
    counts all;
    std::string word;
    for (const char c : text + ' ') {
        if (std::isalpha(static_cast<unsigned char>(c))) word += static_cast<char>(std::tolower(c));
        else if (!word.empty()) ++all[std::exchange(word, {})];
    }
    return all;
}

// Pieces of about one size, cut between words.
std::vector<std::string> pieces_of(const std::string& text, std::size_t n) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find_first_of(" \n", std::min(text.size(), at + text.size() / n));
        pieces.push_back(text.substr(at, end == std::string::npos ? end : end - at));
        at = end == std::string::npos ? text.size() : end + 1;
    }
    return pieces;
}

coil::task<> amain(std::string text) {
    coil::process::pool pool;  // as many workers as the machine can run at once
    const std::vector<std::string> pieces = pieces_of(text, 16);
    counts total;
    auto parts = pool.stream<&count_words>(pieces);
    while (auto part = co_await parts.next())
        for (const auto& [word, n] : part->value()) total[word] += n;

    std::vector<std::pair<std::string, long>> ranked(total.begin(), total.end());
    std::sort(ranked.begin(), ranked.end(),
              [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    long words = 0;
    for (const auto& [word, n] : ranked) words += n;
    std::printf("%zu pieces, %ld words, %zu of them different\n", pieces.size(), words, ranked.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(3, ranked.size()); ++i)
        std::printf("%7ld %s\n", ranked[i].second, ranked[i].first.c_str());
    co_await pool.close();
}

int main(int argc, char** argv) {
    coil::process::init(argc, argv);
    try {
        std::string text;
        if (argc > 1) text = coil::run(coil::fs::read_file(argv[1]));
        else
            for (int i = 0; i < 800; ++i) text += "The quick brown fox and the other dog\n";
        coil::run(amain(std::move(text)));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "word_count: %s\n", e.what());
        return 1;
    }
}

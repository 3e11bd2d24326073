// SPDX-License-Identifier: BSL-1.0
// A pipeline of three stages through bounded queues: lines are made, counted on all cores, and summed up. A stage that is
// slower than the one before it holds that one up (each queue holds four items at most), so memory stays bounded whatever
// the length of the input; and the end travels through it: a stage closes its output once its input is closed and drained.
//
// Run it: build/examples/pipeline
// It prints
//    1000 lines, 5500 words
//    never more than 4 lines and <n> counts in between
#include <coil/coil.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

namespace {

using lines = coil::queue<std::string>;
using counts = coil::queue<std::size_t>;

// First stage: on the loop, as if it read a socket.
coil::task<> make(lines& out, int how_many) {
    for (int i = 0; i != how_many; ++i) {
        std::string line;
        for (int word = 0; word <= i % 10; ++word)
            line += "word ";
        co_await out.put(std::move(line));
    }
    out.close();
}

// Second stage, three of them: at home on the pool. The last one that ends closes the output.
coil::task<> count(lines& in, counts& out) {
    while (const std::optional<std::string> line = co_await in.get())
        co_await out.put(static_cast<std::size_t>(std::count(line->begin(), line->end(), ' ')));
}

coil::task<> count_all(lines& in, counts& out) {
    co_await coil::when_all(coil::on_pool(count(in, out)), coil::on_pool(count(in, out)), coil::on_pool(count(in, out)));
    out.close();
}

struct total {
    std::size_t lines = 0, words = 0;
};

// Third stage: on the loop.
coil::task<total> sum(counts& in) {
    total all;
    while (const std::optional<std::size_t> words = co_await in.get()) {
        ++all.lines;
        all.words += *words;
    }
    co_return all;
}

coil::task<> amain() {
    lines between{4};
    counts after{4};
    const auto done = co_await coil::when_all(make(between, 1000), count_all(between, after), sum(after));
    const total all = std::get<2>(done);
    std::printf("%zu lines, %zu words\n", all.lines, all.words);
    std::printf("never more than %zu lines and %zu counts in between\n", between.statistics().most_items,
                after.statistics().most_items);
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "pipeline: %s\n", e.what());
        return 1;
    }
}

// SPDX-License-Identifier: BSL-1.0
// A mutex: twenty tasks each print a line in three pieces, and let others run between the pieces. Without the mutex the
// pieces of different tasks mix; with it every line is whole.
//
// Run it: build/examples/whole_lines
// It prints
//    without a mutex: <n> of 20 lines are whole
//    with a mutex: 20 of 20 lines are whole
#include <coil/coil.hpp>

#include <cstdio>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

// Stands for the terminal: what is said in pieces is seen as one text.
struct page {
    std::string text;
    coil::mutex lock;
};

coil::task<> say(page& to, int number) {
    for (const char* piece : {"task ", "number", "\n"}) {
        to.text += piece;
        if (piece[0] == 'n') to.text += ' ' + std::to_string(number);
        co_await coil::yield();  // any await would do: others run here
    }
}

coil::task<> say_alone(page& to, int number) {
    auto guard = co_await to.lock.lock();
    co_await say(to, number);
}

int whole_lines(const page& p) {
    std::istringstream lines(p.text);
    int whole = 0, number = 0;
    for (std::string line; std::getline(lines, line);)
        whole += std::sscanf(line.c_str(), "task number %d", &number) == 1 && line == "task number " + std::to_string(number);
    return whole;
}

coil::task<> amain() {
    page mixed, clean;
    co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
        for (int i = 0; i != 20; ++i) {
            s.spawn(say(mixed, i));
            s.spawn(say_alone(clean, i));
        }
        co_return;
    });
    std::printf("without a mutex: %d of 20 lines are whole\n", whole_lines(mixed));
    std::printf("with a mutex: %d of 20 lines are whole\n", whole_lines(clean));
    if (whole_lines(mixed) == 20) throw std::runtime_error("nothing mixed");
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "whole_lines: %s\n", e.what());
        return 1;
    }
}

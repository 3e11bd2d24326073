// SPDX-License-Identifier: BSL-1.0
// Plain recursive code on fibers: a calculator for arithmetic that arrives over TCP, a few bytes at a time. The parser is
// the one from the book, functions that call each other, and awaits nowhere but where it needs the next character. Each
// connection has a fiber; two are served at once on one thread.
//
// Run it: build/examples/parser_on_a_fiber
// It prints
//    2*(3+4)-10/4 = 11.5
//    ((((((1+1)*2)*2)*2)*2)*2) = 64
//    (1+2: a ) is missing
#include <coil/coil.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

class calculator {
public:
    explicit calculator(coil::net::tcp_stream& s) : stream_(s) {}

    double line() {
        const double value = sum();
        if (peek() != '\n') throw std::invalid_argument("what is this?");
        return value;
    }

private:
    double sum() {
        double value = product();
        for (char c = peek(); c == '+' || c == '-'; c = peek()) {
            take();
            const double next = product();
            value += c == '+' ? next : -next;
        }
        return value;
    }
    double product() {
        double value = operand();
        for (char c = peek(); c == '*' || c == '/'; c = peek()) {
            take();
            const double next = operand();
            value = c == '*' ? value * next : value / next;
        }
        return value;
    }
    double operand() {
        if (peek() == '(') {
            take();
            const double value = sum();
            if (peek() != ')') throw std::invalid_argument("a ) is missing");
            take();
            return value;
        }
        if (!std::isdigit(static_cast<unsigned char>(peek()))) throw std::invalid_argument("a number is missing");
        double value = 0;
        for (; std::isdigit(static_cast<unsigned char>(peek())); take())
            value = 10 * value + (peek() - '0');
        return value;
    }

    // The one place that waits.
    char peek() {
        if (used_ == filled_) {
            filled_ = coil::await(stream_.read(buffer_));
            used_ = 0;
            if (filled_ == 0) throw std::runtime_error("the line has no end");
        }
        return buffer_[used_];
    }
    void take() { ++used_; }

    coil::net::tcp_stream& stream_;
    char buffer_[16] = {};
    std::size_t used_ = 0, filled_ = 0;
};

coil::task<std::string> answer(coil::net::tcp_listener& listener) {
    auto stream = co_await listener.accept();
    std::string text;
    try {
        const double value = co_await coil::fiber([&stream] { return calculator(stream).line(); });
        char digits[32];
        std::snprintf(digits, sizeof digits, " = %g", value);
        text = digits;
    } catch (const std::invalid_argument& e) {
        text = std::string(": ") + e.what();
    }
    co_await stream.close();
    co_return text;
}

// Two bytes at a time, with others in between.
coil::task<> ask(coil::net::endpoint server, std::string_view question) {
    auto stream = co_await coil::net::tcp_stream::connect(server);
    for (; !question.empty(); question.remove_prefix(std::min<std::size_t>(2, question.size()))) {
        co_await stream.write(question.substr(0, 2));
        co_await coil::yield();
    }
    co_await stream.write("\n");
    co_await stream.shutdown_write();
}

coil::task<std::string> calculate(std::string_view question) {
    auto listener = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0});
    auto [text, asked] = co_await coil::when_all(answer(listener), ask(listener.local_endpoint(), question));
    co_return std::string(question) + text;
}

coil::task<> amain() {
    auto [first, second] =
        co_await coil::when_all(calculate("2*(3+4)-10/4"), calculate("((((((1+1)*2)*2)*2)*2)*2)"));
    const std::string third = co_await calculate("(1+2");
    std::printf("%s\n%s\n%s\n", first.c_str(), second.c_str(), third.c_str());
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}

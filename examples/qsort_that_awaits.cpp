// SPDX-License-Identifier: BSL-1.0
// C's qsort, whose comparator asks somebody at the other end of a TCP connection which of two cities is larger. qsort
// knows nothing of coroutines; it runs on a fiber, and deep below it the comparator awaits a write and a line. Meanwhile
// the loop goes on: the judge is a task beside it, and another one counts its turns.
//
// Run it: build/examples/qsort_that_awaits
// It prints
//    by size: Bern Lyon Turin Prague Vienna Madrid Berlin
//    the judge was asked <n > 6> times, meanwhile another task had <n > 6> turns
//    sorted no further: the judge has left
#include <coil/coil.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

// Answers lines "<one> <other>" with -1, 0 or 1, as often as it likes to.
coil::task<> judge(coil::net::tcp_listener& listener, int patience) {
    static const std::map<std::string, int> thousands = {
        {"Berlin", 3677}, {"Bern", 134}, {"Lyon", 522}, {"Madrid", 3332}, {"Prague", 1357}, {"Turin", 841}, {"Vienna", 1982}};
    auto stream = co_await listener.accept();
    coil::buffered_reader reader{stream};
    for (auto question = co_await reader.read_line(); question; question = co_await reader.read_line()) {
        const std::size_t blank = question->find(' ');
        const int one = thousands.at(question->substr(0, blank)), other = thousands.at(question->substr(blank + 1));
        const std::string answer = std::to_string((one > other) - (one < other)) + "\n";
        if (--patience >= 0) co_await stream.write(answer);
        if (patience == 0) co_await stream.shutdown_write();
    }
    co_await stream.close();
}

struct connection {
    explicit connection(coil::net::tcp_stream s) : stream(std::move(s)), reader(stream) {}
    coil::net::tcp_stream stream;
    coil::buffered_reader<coil::net::tcp_stream&> reader;
    int asked = 0;
};

// What qsort calls: an ordinary function.
int compare(const void* one, const void* other, void* context) {
    auto& link = *static_cast<connection*>(context);
    const std::string question =
        std::string(*static_cast<const char* const*>(one)) + " " + *static_cast<const char* const*>(other) + "\n";
    coil::await(link.stream.write(question));
    const auto answer = coil::await(link.reader.read_line());
    if (!answer) throw std::runtime_error("the judge has left");  // glibc's qsort lets it through
    ++link.asked;
    return std::stoi(*answer);
}

coil::task<> count_turns(int& turns) {
    for (;;) {
        co_await coil::yield();
        ++turns;
    }
}

coil::task<> sort_cities(int patience) {
    auto listener = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0});
    auto beside = coil::spawn(judge(listener, patience));
    auto stream = co_await coil::net::tcp_stream::connect(listener.local_endpoint());
    connection link(std::move(stream));
    int turns = 0;
    auto counter = coil::spawn(count_turns(turns), {.daemon = true});

    std::array<const char*, 7> cities = {"Vienna", "Bern", "Berlin", "Turin", "Madrid", "Lyon", "Prague"};
    try {
        co_await coil::fiber([&] { ::qsort_r(cities.data(), cities.size(), sizeof cities[0], &compare, &link); });
        std::printf("by size:");
        for (const char* c : cities)
            std::printf(" %s", c);
        std::printf("\nthe judge was asked %d times, meanwhile another task had %d turns\n", link.asked, turns);
    } catch (const std::runtime_error& e) {
        std::printf("sorted no further: %s\n", e.what());
    }
    counter.cancel();
    co_await link.stream.close();
    co_await beside;
}

coil::task<> amain() {
    co_await sort_cities(1000);
    co_await sort_cities(3);
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

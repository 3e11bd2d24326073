// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_bytes.hpp>

#include <coil/runtime/ring/simulated_file.hpp>

#include <doctest/doctest.h>
#include <sys/uio.h>

#include <array>
#include <string>

using namespace coil::ring;

namespace {

std::size_t put(simulated_bytes& b, std::string text) {
    const iovec one{text.data(), text.size()};
    return b.put({&one, 1}, no_limit);
}

std::string take(simulated_bytes& b, std::size_t most, bool peek = false, simulated_descriptors* files = nullptr) {
    std::string to(most, '\0');
    const iovec one{to.data(), to.size()};
    to.resize(b.take({&one, 1}, no_limit, peek, files));
    return to;
}

struct nothing : simulated_file {
    nothing() : simulated_file(0) {}
    short poll() const noexcept override { return 0; }
};

}  // namespace

TEST_CASE("bytes come in order, as many as have room") {
    simulated_bytes b(8);
    CHECK(put(b, "hello") == 5);
    CHECK(b.room() == 3);
    CHECK(put(b, "world") == 3);
    CHECK(b.room() == 0);
    CHECK(take(b, 2, true) == "he");
    CHECK(take(b, 2) == "he");
    CHECK(put(b, "ld") == 2);
    CHECK(take(b, 100) == "lloworld");
    CHECK(b.size() == 0);
}

TEST_CASE("parts are filled one after another") {
    simulated_bytes b(100);
    put(b, "abcdef");
    std::array<char, 2> first{};
    std::array<char, 10> second{};
    const iovec parts[] = {{first.data(), 2}, {second.data(), 10}};
    CHECK(size_of(parts) == 12);
    CHECK(b.take(parts, 5, false, nullptr) == 5);
    CHECK(std::string(first.data(), 2) == "ab");
    CHECK(std::string(second.data()) == "cde");
    CHECK(gathered(parts, 4) == "abcd");
}

TEST_CASE("descriptors come with the first byte that they were sent with, and a read stops after the last") {
    simulated_bytes b(100);
    put(b, "ab");
    b.attach({std::make_shared<nothing>()});
    put(b, "cd");
    b.attach({std::make_shared<nothing>(), std::make_shared<nothing>()});
    put(b, "ef");
    simulated_descriptors files;
    CHECK(take(b, 1, false, &files) == "a");
    CHECK(files.empty());
    CHECK(take(b, 100, true, &files) == "bcd");
    CHECK(files.size() == 1);
    CHECK(take(b, 2, false, &files) == "bc");
    CHECK(files.size() == 1);
    files.clear();
    CHECK(take(b, 100, false, &files) == "def");
    CHECK(files.size() == 2);
}

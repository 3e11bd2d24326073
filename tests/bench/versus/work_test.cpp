// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <numeric>
#include <system_error>

#include "folder.hpp"
#include "work/catalog.hpp"
#include "work/checksum.hpp"
#include "work/file_content.hpp"
#include "work/primes.hpp"
#include "work/sha256.hpp"

using namespace versus;

namespace {

std::uint64_t sum_of(const work_spec& spec) {
    const auto work = find_work(spec.work)->make(spec);
    work->prepare();
    std::uint64_t sum = 0;
    for (std::size_t item = 0; item < work->items(); ++item)
        sum += work->run(item);
    return sum;
}

work_spec primes_below(std::uint64_t limit) {
    work_spec spec;
    spec.work = "cpu-primes";
    spec.below = limit;
    return spec;
}

work_spec queens_on(unsigned board) {
    work_spec spec;
    spec.work = "cpu-queens";
    spec.board = board;
    return spec;
}

}  // namespace

TEST_CASE("primes are counted right, however they are cut into parts") {
    CHECK(sum_of(primes_below(2)) == 0);
    CHECK(sum_of(primes_below(3)) == 1);
    CHECK(sum_of(primes_below(10)) == 4);
    CHECK(sum_of(primes_below(1000)) == 168);
    CHECK(sum_of(primes_below(100'003)) == 9592);
    CHECK(prime_parts(100) == 1);
    CHECK(prime_parts(100'000'000) == 256);
}

TEST_CASE("queens are placed in all ways") {
    CHECK(sum_of(queens_on(4)) == 2);
    CHECK(sum_of(queens_on(6)) == 4);
    CHECK(sum_of(queens_on(8)) == 92);
    CHECK(sum_of(queens_on(10)) == 724);
    CHECK_THROWS_AS((void)sum_of(queens_on(40)), std::invalid_argument);
}

TEST_CASE("files are read whole, or up to the limit") {
    const folder dir;
    std::string content(300'000, '\0');
    std::iota(content.begin(), content.end(), '\0');
    const std::string file = dir.add("file", content);
    const auto bytes = content_of(file, 1 << 20);
    CHECK(bytes.size() == content.size());
    CHECK(content_of(file, 1000).size() == 1000);
    CHECK(content_of(dir.add("empty", ""), 1000).empty());
    CHECK(content_of("/proc/self/stat", 1000).empty());  // its size is said to be 0
    CHECK(checksum_of_file(file, 1 << 20) != checksum_of_file(file, 1 << 18));
    CHECK(checksum_of_file(file, 1 << 20) == checksum_of_file(dir.add("copy", content), 1 << 30));
}

TEST_CASE("hashing gives the hash of what lies in the file") {
    const folder dir;
    work_spec spec;
    spec.work = "cpu-sha256";
    spec.rounds = 2;
    spec.files = {dir.add("a", "hello")};
    CHECK(sum_of(spec) == checksum_of(sha256(std::as_bytes(std::span("hello", 5)), 2)));
}

TEST_CASE("a file that vanished is named") {
    const folder dir;
    for (const char* name : {"io-files", "cpu-sha256", "mixed"}) {
        work_spec spec;
        spec.work = name;
        spec.files = {dir / "vanished"};
        const auto work = find_work(name)->make(spec);
        CHECK_THROWS_WITH_AS((void)work->run(0), ("open " + (dir / "vanished") + ": No such file or directory").c_str(),
                             std::system_error);
    }
}

TEST_CASE("a server that is not there is named") {
    work_spec spec;
    spec.work = "io-http";
    spec.requests = 1;
    spec.port = 1;  // tcpmux: nobody serves it
    const auto work = find_work("io-http")->make(spec);
    CHECK_THROWS_WITH_AS((void)work->run(0), "connect for GET http://127.0.0.1:1/item/0: Connection refused",
                         std::system_error);
}

TEST_CASE("asking the kernel to forget a file does not disturb it") {
    const folder dir;
    const auto file = dir.add("file", "content");
    forget(file);
    forget(dir / "gone");
    CHECK(content_of(file, 100).size() == 7);
    CHECK(share_in_memory(std::vector<std::string>{file}) == 1);
    CHECK(share_in_memory(std::vector<std::string>{}) == 1);
}

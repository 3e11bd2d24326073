// SPDX-License-Identifier: BSL-1.0
// The awaited form of each item: the same result as the blocking one, and the same words when something is wrong.
#include <coil/runtime.hpp>
#include <doctest/doctest.h>

#include <numeric>
#include <system_error>

#include "folder.hpp"
#include "work/catalog.hpp"
#include "work/computing.hpp"

using namespace versus;

namespace {

constexpr computing places[] = {computing::here, computing::on_the_pool};

std::uint64_t awaited(const workload& work, std::size_t item, computing where) {
    return coil::run(work.run_awaited(item, where));
}

std::uint64_t awaited_on_pool(const workload& work, std::size_t item) {
    return coil::run(coil::on_pool(work.run_awaited(item, computing::here)));
}

void check_same_results(const work_spec& spec) {
    INFO(spec.work);
    const auto work = find_work(spec.work)->make(spec);
    (void)work->prepare();
    for (std::size_t item = 0; item < work->items(); ++item) {
        const std::uint64_t expected = work->run(item);
        for (const computing where : places)
            CHECK(awaited(*work, item, where) == expected);
        CHECK(awaited_on_pool(*work, item) == expected);
    }
}

std::string counting(std::size_t size) {
    std::string content(size, '\0');
    std::iota(content.begin(), content.end(), '\0');
    return content;
}

}  // namespace

TEST_CASE("an awaited item that computes has the result of the blocking one") {
    work_spec spec;
    spec.work = "cpu-primes";
    spec.below = 2000;
    check_same_results(spec);
    spec.work = "cpu-queens";
    for (const unsigned board : {4u, 5u, 8u}) {
        spec.board = board;
        check_same_results(spec);
    }
}

TEST_CASE("an awaited file has the content of the blocking one, whatever its size and the limit") {
    const folder dir;
    work_spec spec;
    spec.rounds = 3;
    // Nothing, less than a piece, exactly one, several; and one whose size is said to be 0.
    for (const std::size_t size : {0u, 1000u, 128u << 10, 300'000u})
        spec.files.push_back(dir.add("file-" + std::to_string(size), counting(size)));
    spec.files.push_back("/proc/version");
    for (const std::size_t most : {1000u, 128u << 10, 200'000u, 1u << 20}) {
        spec.most_bytes = most;
        for (const char* name : {"io-files", "cpu-sha256"}) {
            spec.work = name;
            check_same_results(spec);
        }
    }
}

TEST_CASE("an awaited file that vanished is named") {
    const folder dir;
    for (const char* name : {"io-files", "cpu-sha256", "mixed"}) {
        work_spec spec;
        spec.work = name;
        spec.files = {dir / "vanished"};
        const auto work = find_work(name)->make(spec);
        for (const computing where : places) {
            CHECK_THROWS_WITH_AS((void)awaited(*work, 0, where),
                                 ("open " + (dir / "vanished") + ": No such file or directory").c_str(),
                                 std::system_error);
        }
    }
}

TEST_CASE("a server that is not there is named to the one who awaits it") {
    work_spec spec;
    spec.work = "io-http";
    spec.requests = 1;
    spec.port = 1;  // tcpmux: nobody serves it
    const auto work = find_work("io-http")->make(spec);
    CHECK_THROWS_WITH_AS((void)awaited(*work, 0, computing::here), "connect 127.0.0.1:1: Connection refused",
                         std::system_error);
}

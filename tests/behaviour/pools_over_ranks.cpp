// SPDX-License-Identifier: BSL-1.0
// A pool over MPI is a pool: with the ranks of mpirun (`ranks`), with ranks that it has spawned (`spawned`); and a rank that
// is killed is named by the error of what it was at, costs nobody else anything, and leaves the others at work (`lost`).
#include <coil/process/init.hpp>
#include <coil/process/mpi.hpp>
#include <coil/process/pool.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/runtime/run/run.hpp>

#include "face.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>
#include <unistd.h>

namespace process = coil::process;

namespace {

int square(int x) { return x * x; }
int throws_at_three(int x) {
    if (x == 3) throw std::out_of_range("three");
    return x;
}
int die_at_seven(int x) {
    if (x == 7) ::raise(SIGKILL);
    return x;
}
std::string twice(const std::string& text) { return text + text; }
// A rank is the parent of its workers.
int kills_its_rank(int x) {
    if (x != 5) return x;
    ::kill(::getppid(), SIGKILL);
    for (;;) ::pause();
}

std::vector<int> numbers(int n) {
    std::vector<int> all;
    for (int i = 0; i < n; ++i) all.push_back(i);
    return all;
}

coil::task<> all_of_a_pool(process::pool& pool) {
    const auto xs = numbers(3000);
    const auto ys = co_await pool.map<&square>(xs);
    CHECK(ys.size() == xs.size());
    for (std::size_t i = 0; i < ys.size(); ++i) CHECK(ys[i] == xs[i] * xs[i]);
    CHECK(co_await pool.call<&square>(12) == 144);
    std::size_t heard = 0;
    auto stream = pool.stream<&square>(xs);
    while (auto one = co_await stream.next()) heard += **one == static_cast<int>(one->index() * one->index());
    CHECK(heard == xs.size());
    bool caught = false;
    try {
        (void)co_await pool.call<&throws_at_three>(3);
    } catch (const std::out_of_range& e) {
        caught = std::string(e.what()) == "three";
    }
    CHECK(caught);
    auto outcomes = co_await pool.settle<&die_at_seven>(numbers(30));
    for (auto& o : outcomes) CHECK(o.has_value() == (o.index() != 7));
    const std::string text(std::size_t{9} << 20, 'y');
    const auto longer = co_await pool.call<&twice>(text);
    CHECK(longer == text + text);
    co_await pool.close();
}

coil::task<> ranks() {
    process::pool pool({}, {.over = process::mpi});
    CHECK(pool.size() == 3);
    co_await all_of_a_pool(pool);
    process::pool again(5, {.name = "again", .over = process::mpi});
    CHECK(co_await again.call<&square>(3) == 9);
    co_await again.close();
}

coil::task<> spawned() {
    bool refused = false;
    try {
        const process::pool untold({}, {.over = process::mpi_spawned});
    } catch (const std::invalid_argument&) {
        refused = true;
    }
    CHECK(refused);
    process::pool pool(2, {.over = process::mpi_spawned});
    CHECK(pool.size() == 2);
    co_await all_of_a_pool(pool);
    process::pool more(3, {.over = process::mpi_spawned});
    CHECK((co_await more.map<&square>(numbers(100))).size() == 100);
    co_await more.close();
}

coil::task<> lost() {
    process::pool pool({}, {.over = process::mpi});
    CHECK(pool.size() == 2);
    auto outcomes = co_await pool.settle<&kills_its_rank>(numbers(60), {.chunk = 1});
    std::string why;
    std::size_t failed = 0;
    for (auto& o : outcomes) {
        if (o) continue;
        ++failed;
        try {
            (void)o.value();
        } catch (const process::worker_died& e) {
            if (o.index() == 5) why = e.what();
        }
    }
    std::printf("%zu failed; %s\n", failed, why.c_str());
    CHECK(failed >= 1 && failed <= 9);  // and what was sent ahead to the same worker
    CHECK(why.find("is lost: rank ") != std::string::npos && why.find("has died") != std::string::npos);
    CHECK((co_await pool.map<&square>(numbers(200))).size() == 200);
    std::string last;
    for (int i = 0; i < 3 && last.find("no rank is left") == std::string::npos; ++i) {
        try {
            (void)co_await pool.call<&kills_its_rank>(5);
        } catch (const std::exception& e) {
            last = e.what();
        }
    }
    std::printf("%s\n", last.c_str());
    CHECK(last.find("no rank is left") != std::string::npos);
}

}  // namespace

int main(int argc, char** argv) {
    coil::process::init(argc, argv);
    CHECK(argc == 2);
    coil::run(std::strcmp(argv[1], "ranks") == 0 ? ranks() : std::strcmp(argv[1], "lost") == 0 ? lost() : spawned());
    std::puts("all is well");
}

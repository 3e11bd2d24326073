// SPDX-License-Identifier: BSL-1.0
#include <coil/process/plan.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace coil::process;
using texts = std::vector<std::string>;

TEST_CASE("plan: owns what the options refer to") {
    std::string folder = "/folder";
    environment e;
    e.set("A", "1");
    plan p({"ls"}, spawn_options{.out = file(folder), .cwd = folder, .env = e});
    folder = "changed";
    e.set("A", "2");
    CHECK(p.directory == "/folder");
    CHECK(p.out.path == "/folder");
    CHECK(*p.environment == texts{"A=1"});
}

TEST_CASE("plan: the program is looked for in PATH: the child's, if it has one") {
    environment e;
    e.set("PATH", "/a:/b/::/c");
    CHECK(plan({"ls"}, spawn_options{.env = e}).candidates() == texts{"/a/ls", "/b/ls", "./ls", "/c/ls"});
    CHECK(plan({"./ls"}, spawn_options{.env = e}).candidates() == texts{"./ls"});
    CHECK(plan({"ls"}, spawn_options{.env = e, .program = "/bin/busybox"}).candidates() == texts{"/bin/busybox"});
    e.remove("PATH");
    const std::string own = std::getenv("PATH");
    const texts found = plan({"ls"}, spawn_options{.env = e}).candidates();
    CHECK(found.front() == own.substr(0, own.find(':')) + "/ls");
}

TEST_CASE("plan: what was said is kept, what is said later wins") {
    plan p({"ls"}, spawn_options{.err = null, .umask = 022, .nice = 1});
    p.add(run_options{.input = "text", .capture = true, .nice = 2});
    CHECK(p.in.what == stdio::kind::pipe);
    CHECK(p.out.what == stdio::kind::pipe);
    CHECK(p.err.what == stdio::kind::null);
    CHECK(p.umask == 022);
    CHECK(p.nice == 3);
}

TEST_CASE("plan: processors become a mask") {
    const std::vector<unsigned> some{0, 3, 64};
    const plan p({"ls"}, spawn_options{.processors = some});
    CHECK(p.processors == std::vector<unsigned long>{9, 1});
}

TEST_CASE("plan: a zero in a path, and a second say on 0, 1 and 2, are refused") {
    const std::vector<descriptor_move> twice{{5, 1}};
    CHECK_THROWS_AS(plan({"ls"}, spawn_options{.cwd = std::string_view("a\0b", 3)}), std::invalid_argument);
    CHECK_THROWS_AS(plan({"ls"}, spawn_options{.out = file(std::string_view("a\0b", 3))}), std::invalid_argument);
    CHECK_THROWS_AS(plan({"ls"}, spawn_options{.descriptors = twice}), std::invalid_argument);
}

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_files.hpp>

#include <doctest/doctest.h>
#include <poll.h>

#include <cerrno>

using namespace coil::ring;

namespace {
// Tells that it is gone.
struct open_file : simulated_file {
    explicit open_file(int& g) : simulated_file(0), gone(g) {}
    ~open_file() override { ++gone; }
    short poll() const noexcept override { return POLLIN; }
    int& gone;
};
}  // namespace

TEST_CASE("descriptors are given lowest first and again after a close") {
    int gone = 0;
    simulated_files files;
    const int first = files.add(std::make_shared<open_file>(gone));
    const int second = files.add(std::make_shared<open_file>(gone));
    CHECK(first == simulated_files::lowest);
    CHECK(second == first + 1);
    CHECK(files.close(first) == 0);
    CHECK(files.close(first) == -EBADF);
    CHECK(files.find(first) == nullptr);
    CHECK(gone == 1);
    CHECK(files.add(std::make_shared<open_file>(gone)) == first);
    CHECK(files.add(std::make_shared<open_file>(gone)) == second + 1);
}

TEST_CASE("a file lives while somebody refers to it") {
    int gone = 0;
    simulated_files files;
    const int fd = files.add(std::make_shared<open_file>(gone));
    auto held = files.find(fd);
    CHECK(files.close(fd) == 0);
    CHECK(gone == 0);
    held.reset();
    CHECK(gone == 1);
}

TEST_CASE("descriptors that are short are EMFILE, until one is closed") {
    int gone = 0;
    simulated_files files(2);
    const int first = files.add(std::make_shared<open_file>(gone));
    files.add(std::make_shared<open_file>(gone));
    CHECK(files.is_full());
    CHECK(files.add(std::make_shared<open_file>(gone)) == -EMFILE);
    CHECK(gone == 1);
    CHECK(files.close(first) == 0);
    CHECK(files.add(std::make_shared<open_file>(gone)) == first);
}

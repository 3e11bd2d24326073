// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_files.hpp>

#include <doctest/doctest.h>
#include <poll.h>

#include <cerrno>
#include <string>

using coil::ring::simulated_files;

TEST_CASE("descriptors are given lowest first and again after a close") {
    simulated_files files;
    const auto [reader, writer] = files.make_pipe();
    CHECK(reader == simulated_files::lowest);
    CHECK(writer == reader + 1);
    CHECK(files.close(reader) == 0);
    CHECK(files.close(reader) == -EBADF);
    CHECK(files.find(reader) == nullptr);
    const auto next = files.make_pipe();
    CHECK(next[0] == reader);
    CHECK(next[1] == writer + 1);
}

TEST_CASE("an end lives while somebody refers to it") {
    simulated_files files;
    const auto [reader, writer] = files.make_pipe();
    const auto read_end = files.find(reader);
    auto held = files.find(writer);
    files.close(writer);
    std::string to(4, '\0');
    CHECK(read_end->read(to.data(), 4) == -EAGAIN);
    CHECK(held->write("ab", 2) == 2);
    held.reset();
    CHECK(read_end->poll() == (POLLIN | POLLHUP));
    CHECK(read_end->read(to.data(), 4) == 2);
    CHECK(read_end->read(to.data(), 4) == 0);
}

TEST_CASE("the wrong end is EBADF, a pipe without reader EPIPE") {
    simulated_files files;
    const auto [reader, writer] = files.make_pipe();
    char c = 'x';
    CHECK(files.find(writer)->read(&c, 1) == -EBADF);
    CHECK(files.find(reader)->write(&c, 1) == -EBADF);
    files.close(reader);
    CHECK(files.find(writer)->ready());
    CHECK(files.find(writer)->write(&c, 1) == -EPIPE);
    CHECK(files.find(writer)->poll() == (POLLOUT | POLLERR));
}

// SPDX-License-Identifier: BSL-1.0
#include <coil/process/pipe_end.hpp>

#include <coil/process/child_ends.hpp>
#include <coil/runtime/io/buffered_reader.hpp>
#include <coil/runtime/io/buffered_writer.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <system_error>
#include <utility>

using namespace coil::process;

namespace {

struct both_ends {
    explicit both_ends(child_ends e) : reader(std::move(e.ours), "stdout of x"), writer(std::move(e.childs), "stdin of x") {}
    pipe_end reader, writer;
};

}  // namespace

TEST_CASE("pipe_end: bytes arrive, by a pipe and by the fast way; readers and writers work on it") {
    coil::run([]() -> coil::task<> {
        for (const bool fast : {false, true}) {
            both_ends p(fast ? make_fast_pipe(flow::from_child) : make_pipe(flow::from_child, 1 << 16));
            coil::buffered_writer w{p.writer};
            co_await w.write("first\nsecond\n");
            co_await w.flush();
            p.writer.close();
            CHECK_FALSE(p.writer.is_open());
            coil::buffered_reader r{p.reader};
            auto line = co_await r.read_line();
            CHECK(line == "first");
            line = co_await r.read_line();
            CHECK(line == "second");
            line = co_await r.read_line();
            CHECK_FALSE(line.has_value());
        }
    }());
}

TEST_CASE("pipe_end: a write that nobody can read is an error that names the pipe, and no signal") {
    coil::run([]() -> coil::task<> {
        for (const bool fast : {false, true}) {
            both_ends p(fast ? make_fast_pipe(flow::to_child) : make_pipe(flow::to_child, 0));
            // named the other way round here
            p.writer.close();
            std::string what;
            try {
                co_await p.reader.write("text");
            } catch (const std::system_error& e) {
                what = e.what();
                CHECK(e.code() == std::errc::broken_pipe);
            }
            CHECK(what == "write stdout of x: Broken pipe");
        }
    }());
}

TEST_CASE("pipe_end: an empty one is a bad descriptor") {
    coil::run([]() -> coil::task<> {
        pipe_end none;
        std::array<char, 4> room{};
        bool bad = false;
        try {
            co_await none.read(room);
        } catch (const std::system_error& e) {
            bad = e.code() == std::errc::bad_file_descriptor;
        }
        CHECK(bad);
        CHECK(none.native_handle() == -1);
    }());
}

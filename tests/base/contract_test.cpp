// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/contract.hpp>

#include "../in_a_child.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <system_error>

namespace {

TEST_CASE("a place is written as its file and its line") {
    const coil::place here = coil::place::current();
    CHECK(coil::to_string(here) == std::string(here.file_name()) + ":" + std::to_string(here.line()));
    CHECK(coil::to_string(coil::place()) == ":0");
}

TEST_CASE("a bad argument names its line") {
    const coil::place where = coil::place::current();
    const std::string here = "contract_test.cpp:" + std::to_string(where.line()) + ": too few";
    CHECK_THROWS_WITH_AS(coil::bad_argument("too few", where), doctest::Contains(here.c_str()),
                         std::invalid_argument);
}

TEST_CASE("misuse is a logic_error that names the line of the user") {
    const coil::place here = coil::place::current();
    try {
        coil::misuse("locked twice", here);
    } catch (const std::logic_error& e) {
        const std::string text = e.what();
        CHECK(text == std::string(here.file_name()) + ":" + std::to_string(here.line()) + ": locked twice");
        return;
    }
    FAIL("nothing was thrown");
}

TEST_CASE("misuse with an errc is a system_error of the generic category that names the line of the user") {
    const coil::place here = coil::place::current();
    try {
        coil::misuse(std::errc::resource_deadlock_would_occur, "joins itself", here);
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::resource_deadlock_would_occur);
        CHECK(e.code().category() == std::generic_category());
        const std::string text = e.what();
        CHECK(text.starts_with(std::string(here.file_name()) + ":" + std::to_string(here.line()) + ": joins itself"));
        return;
    }
    FAIL("nothing was thrown");
}

TEST_CASE("a view that does not end in a zero byte is printed to its end and no further") {
    const std::string_view part = std::string_view("half and half").substr(0, 4);
    CHECK_THROWS_WITH_AS(coil::misuse(part, coil::place()), doctest::Contains(": half"), std::logic_error);
    try {
        coil::misuse(part, coil::place());
    } catch (const std::logic_error& e) {
        CHECK(std::string(e.what()).ends_with(": half"));
    }
}

TEST_CASE("a broken promise of coil ends the process with its sentence") {
    const auto [status, text] = in_a_child([] { coil::broken("a frame died twice"); });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    CHECK(text.find("coil: a frame died twice\n") != std::string::npos);
}

}  // namespace

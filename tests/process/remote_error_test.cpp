// SPDX-License-Identifier: BSL-1.0
#include <coil/process/remote_error.hpp>

#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <stdexcept>
#include <system_error>

namespace process = coil::process;

namespace {

std::exception_ptr there_and_back(const std::exception_ptr& e) {
    process::encoder to;
    process::encode_exception(to, e);
    process::decoder from(to.message());
    return process::decode_exception(from);
}

struct special : std::length_error {
    using std::length_error::length_error;
};

template <class E>
void keeps(const E& thrown, const char* text) {
    const auto back = there_and_back(std::make_exception_ptr(thrown));
    CHECK_THROWS_WITH_AS(std::rethrow_exception(back), text, E);
    CHECK_THROWS_AS(std::rethrow_exception(back), process::remote_cause);
}

}  // namespace

TEST_CASE("remote_error: exceptions of the standard library keep type and text") {
    keeps(std::logic_error("a"), "a");
    keeps(std::invalid_argument("b"), "b");
    keeps(std::domain_error("c"), "c");
    keeps(std::length_error("d"), "d");
    keeps(std::out_of_range("e"), "e");
    keeps(std::runtime_error("f"), "f");
    keeps(std::range_error("g"), "g");
    keeps(std::overflow_error("h"), "h");
    keeps(std::underflow_error("i"), "i");
    const auto back = there_and_back(
        std::make_exception_ptr(std::system_error(std::make_error_code(std::errc::address_in_use), "bind")));
    try {
        std::rethrow_exception(back);
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::address_in_use);
        CHECK(std::string(e.what()) == "bind: Address already in use");
    }
}

TEST_CASE("remote_error: others are known by name; the nearest type of the standard library catches them") {
    try {
        std::rethrow_exception(there_and_back(std::make_exception_ptr(special("too long"))));
    } catch (const std::length_error& e) {
        const auto& cause = dynamic_cast<const process::remote_cause&>(e);
        CHECK(cause.type_name().ends_with("special"));
        CHECK(cause.pid() == ::getpid());
    }
    try {
        std::rethrow_exception(there_and_back(std::make_exception_ptr(coil::cancelled())));
    } catch (const process::remote_error& e) {
        CHECK(e.type_name() == "coil::cancelled");
        CHECK(e.text() == "the task was stopped");
    }
    CHECK(process::describe_exception(std::make_exception_ptr(std::out_of_range("x"))) == "std::out_of_range: x");
}

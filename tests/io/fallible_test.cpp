// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/fallible.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>

namespace {

// What an operation of the ring is to `fallible`.
struct answered {
    explicit answered(int r) : result(r) {}
    int await_resume() const { return result; }
    int result;
};

coil::error no_such_number(int error) {
    return coil::error(std::error_code(error, std::system_category()), "number x");
}

class doubled : public coil::fallible<doubled, answered, std::unique_ptr<int>> {
public:
    using fallible::fallible;

private:
    friend fallible;
    static std::unique_ptr<int> value(int r) { return std::make_unique<int>(2 * r); }
    static coil::error failure(int error) { return no_such_number(error); }
};

class nothing : public coil::fallible<nothing, answered, void> {
public:
    using fallible::fallible;

private:
    friend fallible;
    static coil::error failure(int error) { return no_such_number(error); }
};

}  // namespace

TEST_CASE("an operation yields a value, or throws what its failure is called") {
    CHECK(*doubled(21).await_resume() == 42);
    CHECK_THROWS_WITH_AS(doubled(-ENOENT).await_resume(), "number x: No such file or directory", std::system_error);
    nothing(0).await_resume();
    CHECK_THROWS_WITH_AS(nothing(-EIO).await_resume(), "number x: Input/output error", std::system_error);
}

TEST_CASE("or gives the same as a result") {
    coil::result<std::unique_ptr<int>> r = doubled(4).await_result();
    REQUIRE(r.has_value());
    CHECK(**r == 8);
    CHECK(doubled(-ENOENT).await_result().error() == std::errc::no_such_file_or_directory);
    CHECK(nothing(0).await_result().has_value());
    CHECK(nothing(-EIO).await_result().error().message() == "number x: Input/output error");
}

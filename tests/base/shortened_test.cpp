// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/shortened.hpp>

#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace {

TEST_CASE("a text that is not long stays as it is") {
    CHECK(coil::shortened("") == "");
    CHECK(coil::shortened("/etc/motd") == "/etc/motd");
    CHECK(coil::shortened("12345678", 8) == "12345678");
    const std::string longest(512, 'x');
    CHECK(coil::shortened(longest) == longest);
}

TEST_CASE("a long text keeps both ends, and says how much was between") {
    CHECK(coil::shortened("1234567890", 8) == "1234[...2 bytes...]7890");
    const std::string text = coil::shortened("/begin" + std::string(5000, 'x') + "end");
    CHECK(text.starts_with("/begin"));
    CHECK(text.ends_with("end"));
    CHECK(text.find("[...4497 bytes...]") != std::string::npos);
    CHECK(text.size() == 512 + 18);
}

TEST_CASE("no character is cut in half") {
    // of two, three and four bytes
    for (const std::string& c : {std::string("\xc3\xa9"), std::string("\xe2\x82\xac"), std::string("\xf0\x9f\x8c\x8a")}) {
        std::string text;
        for (int i = 0; i != 20; ++i) text += c;
        for (std::size_t most = 2; most != 24; most += 2) {
            const std::string cut = coil::shortened(text, most);
            const std::size_t open = cut.find('['), close = cut.find(']');
            REQUIRE(open != cut.npos);
            CHECK(open % c.size() == 0);
            CHECK((cut.size() - close - 1) % c.size() == 0);
            CHECK(open + cut.size() - close - 1 <= most);
        }
    }
}

TEST_CASE("bytes that are no text at all are cut as well") {
    const std::string text(1000, '\x80');
    const std::string cut = coil::shortened(text, 8);
    CHECK(cut.size() < 40);
    CHECK(cut.find(" bytes...]") != std::string::npos);
}

TEST_CASE("an error of the system is not as long as the name in it") {
    try {
        coil::throw_errno(ENOENT, "open", "/" + std::string(5000, 'x'));
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::no_such_file_or_directory);
        CHECK(std::string(e.what()).size() < 700);
        CHECK(std::string(e.what()).starts_with("open /xxx"));
        return;
    }
    FAIL("nothing was thrown");
}

}  // namespace

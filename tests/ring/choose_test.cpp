// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/choose.hpp>

#include <coil/runtime/ring/fallback_ring.hpp>
#include <coil/runtime/ring/kernel_ring.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

using coil::ring::make_ring;

namespace {

// COIL_RING for the time of a test.
class wanted_ring {
public:
    explicit wanted_ring(const char* name) {
        if (const char* before = std::getenv("COIL_RING")) before_ = before;
        name == nullptr ? unsetenv("COIL_RING") : setenv("COIL_RING", name, 1);
    }
    wanted_ring(const wanted_ring&) = delete;
    wanted_ring& operator=(const wanted_ring&) = delete;
    ~wanted_ring() { before_ ? setenv("COIL_RING", before_->c_str(), 1) : unsetenv("COIL_RING"); }

private:
    std::optional<std::string> before_;
};

template <class Ring>
bool is(const std::unique_ptr<coil::ring::ring>& r) {
    return dynamic_cast<const Ring*>(r.get()) != nullptr;
}

}  // namespace

TEST_CASE("COIL_RING decides who answers") {
    {
        const wanted_ring w("kernel");
        CHECK(is<coil::ring::kernel_ring>(make_ring()));
    }
    const wanted_ring w("fallback");
    CHECK(is<coil::ring::fallback_ring>(make_ring()));
}

TEST_CASE("without a wish the kernel answers, where it can") {
    for (const char* name : {static_cast<const char*>(nullptr), ""}) {
        const wanted_ring w(name);
        CHECK(is<coil::ring::kernel_ring>(make_ring()));
    }
}

TEST_CASE("a wish that nobody knows is named") {
    const wanted_ring w("epol");
    std::string text;
    try {
        make_ring();
    } catch (const std::invalid_argument& e) {
        text = e.what();
    }
    CHECK(text.find("\"epol\"") != text.npos);
    CHECK(text.find("kernel or fallback") != text.npos);
}

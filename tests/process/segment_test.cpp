// SPDX-License-Identifier: BSL-1.0
#include <coil/process/segment.hpp>

#include "other_process.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace process_test;
using coil::process::segment;
using coil::process::segment_ref;
namespace process = coil::process;

namespace {

const segment::shape shape{.kind = 99, .detail = 7, .locks = 2, .bells = 1, .payload = 64, .name = "test"};

// A handle that writes.
struct pen {
    explicit pen(segment* taken) : s(taken) {}
    pen(pen&& other) noexcept = default;
    ~pen() {
        if (s) s->lay_down(segment::writes);
    }
    segment_ref s;
    void encode(process::encoder& to) const { s->encode(to, segment::writes); }
    static pen decode(process::decoder& from) { return pen(segment::attach(from, shape, segment::writes)); }
};
struct plain {
    explicit plain(segment* taken) : s(taken) {}
    segment_ref s;
    void encode(process::encoder& to) const { s->encode(to); }
    static plain decode(process::decoder& from) { return plain(segment::attach(from, shape)); }
};

template <class F>
void wait_until(F done) {
    while (!done()) std::this_thread::yield();
}

}  // namespace

TEST_CASE(CHILD("is a member until it is told or killed")) {
    given objects;
    const auto p = objects.take<plain>();
    tell_parent('m');
    if (hear_parent() == 'l') {
        segment::hold inside(*p.s, 1);
        tell_parent('i');
        sleep_until_killed();
    }
}

TEST_CASE("a process is a member once, however often a segment comes to it") {
    plain a(segment::make(shape));
    CHECK(a.s->members() == 1);
    {
        const plain b = again(a);
        CHECK(&*b.s == &*a.s);
        CHECK(a.s->members() == 1);
    }
    CHECK(a.s->members() == 1);
}

TEST_CASE("members come and go, and the dead are counted") {
    plain a(segment::make(shape));
    other_process b("is a member until it is told or killed", message_of(a));
    REQUIRE(b.hear() == 'm');
    CHECK(a.s->members() == 2);
    b.tell('e');
    CHECK(b.wait() == 0);
    CHECK(a.s->members() == 1);
    CHECK(a.s->deaths() == 0);
    CHECK(!a.s->deserted());
    other_process c("is a member until it is told or killed", message_of(a));
    REQUIRE(c.hear() == 'm');
    a.s->notice_members();
    c.kill();
    wait_until([&] { return a.s->deserted(); });  // the last that is written of a death
    CHECK(a.s->members() == 1);
    CHECK(a.s->deaths() == 1);
}

TEST_CASE("a lock of a member that died inside is free at once for who wants it, and marked") {
    plain a(segment::make(shape));
    other_process b("is a member until it is told or killed", message_of(a));
    REQUIRE(b.hear() == 'm');
    b.tell('l');
    REQUIRE(b.hear() == 'i');
    b.kill();
    {
        const segment::hold inside(*a.s, 1);
        CHECK(inside.after_death());
    }
    const segment::hold inside(*a.s, 1);
    CHECK(!inside.after_death());
}

TEST_CASE(CHILD("has a pen and waits to be killed")) {
    given objects;
    const auto p = objects.take<pen>();
    tell_parent('m');
    sleep_until_killed();
}
TEST_CASE(CHILD("takes nothing")) {
    tell_parent('m');
    (void)hear_parent();
}

TEST_CASE("a handle on its way counts until it has arrived, or is lost; one of the dead does not") {
    plain a(segment::make(shape));
    CHECK(a.s->all(segment::writer) == 0);
    {
        pen p(segment::attach([&]() -> process::decoder& {
            static process::encoder e;
            e = message_of(a);
            static std::vector<std::byte> bytes;
            bytes = e.take_message();
            static process::decoder d{{}};
            d = process::decoder(bytes, e.take_descriptors());
            return d;
        }(), shape, segment::writes));
        CHECK(a.s->all(segment::writer) == 1);
        {
            const process::encoder lost = message_of(p);
            CHECK(a.s->all(segment::writer) == 2);
        }
        wait_until([&] { return a.s->all(segment::writer) == 1; });
        other_process b("has a pen and waits to be killed", message_of(p));
        REQUIRE(b.hear() == 'm');
        wait_until([&] { return a.s->mine(static_cast<segment::role>(segment::travelling + segment::writer)) == 0; });
        CHECK(a.s->all(segment::writer) == 2);
        a.s->notice_members();
        b.kill();
        wait_until([&] { return a.s->all(segment::writer) == 1; });
        other_process c("takes nothing", message_of(p));
        REQUIRE(c.hear() == 'm');
        CHECK(a.s->all(segment::writer) == 2);
        c.kill();
        wait_until([&] { return a.s->all(segment::writer) == 1; });
    }
    CHECK(a.s->all(segment::writer) == 0);
}

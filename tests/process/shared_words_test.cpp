// SPDX-License-Identifier: BSL-1.0
#include <coil/process/shared_words.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace coil::process;
namespace futex = coil::futex;

TEST_CASE("a lock word is taken once, and a death inside is told until it is mended") {
    futex::word w{0};
    lock_word l(w);
    CHECK(l.try_take(5));
    CHECK(!l.try_take(6));
    CHECK(l.owner() == 5);
    std::uint32_t seen = 0;
    CHECK(l.take(6, false, false, seen) == lock_word::answer::held);
    CHECK(seen == w);
    l.bury(7);
    CHECK(l.owner() == 5);
    l.bury(5);
    CHECK(l.owner() == 0);
    CHECK(l.owner_died());
    CHECK(!l.try_take(6));
    CHECK(l.take(6, false, false, seen) == lock_word::answer::owner_died);
    CHECK(l.take(6, true, false, seen) == lock_word::answer::taken_after_death);
    l.release(false);
    CHECK(l.take(6, false, false, seen) == lock_word::answer::owner_died);
    CHECK(l.take(6, true, false, seen) == lock_word::answer::taken_after_death);
    l.release(true);
    CHECK(l.try_take(6));
    l.release();
    CHECK(w == 0);
}

TEST_CASE("a lock word that is kicked has another value, and is as free as before") {
    futex::word w{0};
    lock_word l(w);
    l.kick();
    CHECK(w != 0);
    CHECK(l.owner() == 0);
    CHECK(l.try_take(5));
    const std::uint32_t before = w;
    l.kick();
    CHECK(w != before);
    CHECK(l.owner() == 5);
    l.release();
    CHECK(l.try_take(6));
}

TEST_CASE("who slept for a lock word keeps those behind from being forgotten") {
    futex::word w{0};
    lock_word l(w);
    std::uint32_t seen = 0;
    CHECK(l.take(5, false, true, seen) == lock_word::answer::taken);
    CHECK((w & lock_word::sleepers) != 0);
    l.release();
    CHECK(w == 0);
}

TEST_CASE("a bell that nobody listens to stays as it is; one that is listened to changes") {
    futex::word w{0};
    bell b(w);
    b.ring_one();
    b.ring_all();
    CHECK(w == 0);
    const std::uint32_t heard = b.listen();
    CHECK(w == heard);
    b.ring_one();
    CHECK(w != heard);
    CHECK((w & 1) == 0);  // nobody was there to be woken
}

TEST_CASE("no ring is lost between two that wait for each other") {
    futex::word here_word{0}, there_word{0};
    bell here(here_word), there(there_word);
    std::atomic<int> turn{0};
    constexpr int rounds = 2000;
    const auto wait_for = [&](bell& b, int wanted) {
        while (turn.load() != wanted) {
            const std::uint32_t seen = b.listen();
            if (turn.load() == wanted) break;
            futex::wait(b.word(), seen);
        }
    };
    std::thread partner([&] {
        for (int i = 0; i < rounds; ++i) {
            wait_for(there, 2 * i + 1);
            turn = 2 * i + 2;
            here.ring_one();
        }
    });
    for (int i = 0; i < rounds; ++i) {
        turn = 2 * i + 1;
        there.ring_one();
        wait_for(here, 2 * i + 2);
    }
    partner.join();
    CHECK(turn == 2 * rounds);
}

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/manual_executor.hpp>

#include "by_hand.hpp"
#include "gates.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct letter : coil::job {
    letter(std::string& l, char c) : job(&write), log(&l), name(c) {}
    static void write(coil::job& j) noexcept { *static_cast<letter&>(j).log += static_cast<letter&>(j).name; }
    std::string* log;
    char name;
};

TEST_CASE("nothing runs until it is told, and then one by one in order") {
    coil::manual_executor e;
    std::string log;
    letter a(log, 'a'), b(log, 'b'), c(log, 'c');
    e.post(a);
    coil::node_list batch;
    batch.push_back(b);
    batch.push_back(c);
    e.post(std::move(batch));
    CHECK(log.empty());
    CHECK(e.wants_turn());
    CHECK(e.step());
    CHECK(log == "a");
    CHECK(e.drain() == 2);
    CHECK(log == "abc");
    CHECK_FALSE(e.step());
    CHECK_FALSE(e.wants_turn());
    CHECK(e.drain() == 0);
}

TEST_CASE("what is posted while something runs comes after it") {
    coil::manual_executor e;
    std::string log;
    letter later(log, '2');
    struct poster : coil::job {
        poster(coil::manual_executor& m, std::string& l, coil::node& n) : job(&go), e(&m), log(&l), next(&n) {}
        static void go(coil::job& j) noexcept {
            auto& self = static_cast<poster&>(j);
            self.e->post(*self.next);
            *self.log += '1';
        }
        coil::manual_executor* e;
        std::string* log;
        coil::node* next;
    } p(e, log, later);
    e.post(p);
    CHECK(e.drain() == 2);
    CHECK(log == "12");
}

TEST_CASE("the thread is here while it steps, and as before afterwards") {
    coil::manual_executor outer, inner;
    struct probe : coil::job {
        explicit probe(coil::manual_executor& m, coil::manual_executor* n = nullptr) : job(&go), own(&m), nested(n) {}
        static void go(coil::job& j) noexcept {
            auto& self = static_cast<probe&>(j);
            self.was_here = self.own->here();
            if (self.nested) self.nested->drain();
            self.was_here = self.was_here && self.own->here();
        }
        coil::manual_executor* own;
        coil::manual_executor* nested;
        bool was_here = false;
    } o(outer, &inner), i(inner);
    outer.post(o);
    inner.post(i);
    outer.drain();
    CHECK(o.was_here);
    CHECK(i.was_here);
    CHECK_FALSE(outer.here());
    CHECK(coil::this_thread.here == nullptr);
    CHECK(coil::this_thread.ready == nullptr);
    CHECK(coil::this_thread.current == nullptr);
}

TEST_CASE("time stands still until it is moved, and is at the deadline while a timer fires") {
    coil::manual_executor e;
    CHECK(e.now() == coil::time_point{});
    e.drain();
    CHECK(e.now() == coil::time_point{});
    e.advance(5s);
    CHECK(e.now() == coil::time_point{5s});
    e.advance(-1s);
    CHECK(e.now() == coil::time_point{5s});
    e.advance(0s);
    CHECK(e.now() == coil::time_point{5s});

    struct seen : coil::timer {
        explicit seen(coil::manual_executor& m) : timer(&look), e(&m) {}
        static void look(coil::timer& t) noexcept { static_cast<seen&>(t).at = static_cast<seen&>(t).e->now(); }
        coil::manual_executor* e;
        coil::time_point at;
    } t(e);
    t.deadline = coil::time_point{7s};
    e.arm(t);
    e.advance(100s);
    CHECK(t.at == coil::time_point{7s});
    CHECK(e.now() == coil::time_point{105s});
    // a deadline that lies in the past fires at once, and time does not go back
    t.deadline = coil::time_point{1s};
    e.arm(t);
    e.advance(0s);
    CHECK(t.at == coil::time_point{105s});
}

TEST_CASE("what a timer makes ready runs before the next timer") {
    coil::manual_executor e;
    std::string log;
    letter a(log, 'a'), b(log, 'b');
    struct sender : coil::timer {
        sender(coil::manual_executor& m, coil::node& n, std::string& l, std::chrono::seconds at)
            : timer(&send), e(&m), what(&n), log(&l) {
            deadline = coil::time_point(at);
            m.arm(*this);
        }
        static void send(coil::timer& t) noexcept {
            auto& self = static_cast<sender&>(t);
            *self.log += '!';
            self.e->ready(*self.what);
        }
        coil::manual_executor* e;
        coil::node* what;
        std::string* log;
    } first(e, a, log, 1s), second(e, b, log, 1s);
    e.advance(1s);
    CHECK(log == "!a!b");
}

TEST_CASE("others may post while it is driven, and nothing goes lost") {
    coil::manual_executor e;
    struct counting : coil::job {
        counting() : job([](coil::job& j) noexcept { ++*static_cast<counting&>(j).count; }) {}
        int* count = nullptr;
    };
    constexpr int threads = 3, each = 5000;
    int count = 0;
    std::vector<std::unique_ptr<counting[]>> jobs;
    for (int t = 0; t != threads; ++t) {
        jobs.emplace_back(new counting[each]);
        for (int i = 0; i != each; ++i) jobs.back()[static_cast<std::size_t>(i)].count = &count;
    }
    std::vector<std::thread> crowd;
    for (int t = 0; t != threads; ++t) {
        crowd.emplace_back([&, t] {
            for (int i = 0; i != each; ++i) e.post(jobs[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)]);
        });
    }
    while (count != threads * each)
        if (!e.step()) std::this_thread::yield();
    for (std::thread& t : crowd) t.join();
    CHECK_FALSE(e.step());
}

TEST_CASE("tasks take turns in the order in which they were started") {
    coil::manual_executor e;
    noting_owner owner;
    std::string log;
    auto body = [&](char name) -> coil::task<> {
        for (int i = 0; i != 3; ++i) {
            log += name;
            co_await step_back();
        }
    };
    spawned a(e, owner, body('a')), b(e, owner, body('b')), c(e, owner, body('c'));
    a.start();
    b.start();
    c.start();
    e.drain();
    CHECK(log == "abcabcabc");
    CHECK(owner.ended_count == 3);
}

}  // namespace

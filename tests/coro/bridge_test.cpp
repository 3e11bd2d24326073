// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/bridge.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "gates.hpp"

#include <coil/runtime/coro/task.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <coroutine>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using coil::task;

// A foreign awaiter whose every part can be chosen.
enum class resumed { inline_, later, never_suspended, throws };

struct void_awaiter {
    explicit void_awaiter(resumed h, std::coroutine_handle<>* p = nullptr) : how(h), place(p) {}
    bool await_ready() const noexcept { return how == resumed::never_suspended; }
    void await_suspend(std::coroutine_handle<> h) {
        if (how == resumed::throws) throw std::runtime_error("await_suspend");
        if (how == resumed::inline_) h.resume();
        else *place = h;
    }
    int await_resume() { return 1; }
    resumed how;
    std::coroutine_handle<>* place;
};

struct bool_awaiter {
    explicit bool_awaiter(bool s, std::coroutine_handle<>* p = nullptr) : suspends(s), place(p) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) {
        if (suspends) *place = h;
        return suspends;
    }
    int await_resume() { return 2; }
    bool suspends;
    std::coroutine_handle<>* place;
};

struct handle_awaiter {
    explicit handle_awaiter(bool i, std::coroutine_handle<>* p = nullptr) : itself(i), place(p) {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
        if (itself) return h;
        *place = h;
        return std::noop_coroutine();
    }
    int await_resume() { return 3; }
    bool itself;
    std::coroutine_handle<>* place;
};

TEST_CASE("a foreign awaiter that is ready does not suspend") {
    auto body = []() -> task<int> {
        co_await std::suspend_never();
        co_return co_await void_awaiter(resumed::never_suspended);
    };
    coil::manual_executor home;
    noting_owner owner;
    spawned h(home, owner, body());
    h.start();
    CHECK(home.drain() == 1);
    CHECK(h.take() == 1);
}

TEST_CASE("await_suspend may return nothing, a truth or a handle; whoever resumes, the branch goes on at home") {
    coil::manual_executor home;
    noting_owner owner;
    std::coroutine_handle<> later;
    std::string log;
    auto where = [&] { log += home.here() ? 'h' : '?'; };
    auto body = [&]() -> task<int> {
        int sum = co_await void_awaiter(resumed::later, &later);
        where();
        sum = sum * 10 + co_await bool_awaiter(true, &later);
        where();
        sum = sum * 10 + co_await bool_awaiter(false);
        where();
        sum = sum * 10 + co_await handle_awaiter(false, &later);
        where();
        sum = sum * 10 + co_await handle_awaiter(true);
        where();
        co_return sum;
    };
    spawned h(home, owner, body());
    h.start();
    for (int i = 0; i != 3; ++i) {
        home.drain();
        REQUIRE(later);
        std::exchange(later, nullptr).resume();  // on no executor
    }
    home.drain();
    CHECK(h.take() == 12233);
    CHECK(log == "hhhhh");
}

TEST_CASE("resumed inside its own await_suspend, a branch goes on after that, at home") {
    coil::manual_executor home;
    noting_owner owner;
    int rounds = 0;
    auto body = [&]() -> task<> {
        for (; rounds != 1000; ++rounds) (void)co_await void_awaiter(resumed::inline_);
    };
    spawned h(home, owner, body());
    h.start();
    CHECK(home.drain() == 1001);  // each time through the queue
    CHECK(rounds == 1000);
}

TEST_CASE("an exception from await_suspend comes out of the await") {
    auto body = []() -> task<int> {
        int caught = 0;
        for (int i = 0; i != 3; ++i) {
            try {
                (void)co_await void_awaiter(resumed::throws);
            } catch (const std::runtime_error&) {
                ++caught;
            }
        }
        co_return caught;
    };
    CHECK(run_by_hand(body()) == 3);
}

TEST_CASE("exceptions from await_ready, await_resume and operator co_await come out of the await") {
    struct throws_when_asked {
        bool await_ready() const { throw std::runtime_error("ready"); }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        void await_resume() const noexcept {}
    };
    struct throws_at_the_end {
        bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        int await_resume() const { throw std::runtime_error("resume"); }
    };
    struct throws_at_once {
        std::suspend_never operator co_await() const { throw std::runtime_error("operator"); }
    };
    auto body = []() -> task<std::string> {
        std::string log;
        try {
            co_await throws_when_asked();
        } catch (const std::runtime_error& e) {
            log += e.what();
        }
        try {
            (void)co_await throws_at_the_end();
        } catch (const std::runtime_error& e) {
            log += e.what();
        }
        try {
            co_await throws_at_once();
        } catch (const std::runtime_error& e) {
            log += e.what();
        }
        co_return log;
    };
    CHECK(run_by_hand(body()) == "readyresumeoperator");
}

// What an awaitable remembers about how it was awaited.
struct with_member_operator {
    explicit with_member_operator(std::string* l) : log(l) {}
    with_member_operator(with_member_operator&& other) noexcept : log(other.log) { *log += 'm'; }
    struct awaiter {
        explicit awaiter(char k) : kind(k) {}
        bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        char await_resume() const noexcept { return kind; }
        char kind;
        counted life;
    };
    awaiter operator co_await() & { return awaiter('l'); }
    awaiter operator co_await() && { return awaiter('r'); }
    std::string* log;
};

struct with_free_operator {};
std::suspend_never operator co_await(const with_free_operator&) { return {}; }

struct gives_reference {
    struct awaiter {
        bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        awaiter* await_resume() noexcept { return this; }
    } inside;
    awaiter& operator co_await() noexcept { return inside; }
};

TEST_CASE("operator co_await is found, as member and beside; lvalues stay where they are, rvalues move in") {
    counted::reset();
    auto body = []() -> task<std::string> {
        std::string log;
        with_member_operator named(&log);
        log += co_await named;
        log += co_await with_member_operator(&log);
        log += co_await std::move(named);
        co_await with_free_operator();
        gives_reference g;
        gives_reference::awaiter* const seen = co_await g;
        log += seen == &g.inside ? '=' : '!';
        co_return log;
    };
    const std::string log = run_by_hand(body());
    CHECK(log.front() == 'l');  // nothing moved for an lvalue
    std::string without_moves = log;
    std::erase(without_moves, 'm');
    CHECK(without_moves == "lrr=");
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("what await_resume returns keeps its kind") {
    struct to_reference {
        explicit to_reference(int& v) : value(&v) {}
        bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        int& await_resume() const noexcept { return *value; }
        int* value;
    };
    struct to_unique {
        bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        std::unique_ptr<int> await_resume() const { return std::make_unique<int>(5); }
    };
    static_assert(std::is_same_v<coil::await_result_t<to_reference>, int&>);
    static_assert(std::is_same_v<coil::await_result_t<to_unique>, std::unique_ptr<int>>);
    int v = 1;
    auto body = [&]() -> task<int> {
        int& r = co_await to_reference(v);
        r = 8;
        const std::unique_ptr<int> p = co_await to_unique();
        co_return v * 10 + *p;
    };
    CHECK(run_by_hand(body()) == 85);
}

TEST_CASE("a foreign coroutine is awaited as one of coil's, and comes home by symmetric transfer") {
    // the least lazy coroutine type that there is
    struct lazy {
        struct promise_type {
            lazy get_return_object() { return lazy(std::coroutine_handle<promise_type>::from_promise(*this)); }
            std::suspend_always initial_suspend() const noexcept { return {}; }
            struct last {
                bool await_ready() const noexcept { return false; }
                std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
                    return h.promise().next;
                }
                void await_resume() const noexcept {}
            };
            last final_suspend() const noexcept { return {}; }
            void return_value(int v) noexcept { value = v; }
            void unhandled_exception() noexcept { thrown = std::current_exception(); }
            std::coroutine_handle<> next;
            int value = 0;
            std::exception_ptr thrown;
        };
        explicit lazy(std::coroutine_handle<promise_type> h) : frame(h) {}
        lazy(lazy&& other) noexcept : frame(std::exchange(other.frame, nullptr)) {}
        ~lazy() {
            if (frame) frame.destroy();
        }
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            frame.promise().next = h;
            return frame;
        }
        int await_resume() {
            if (frame.promise().thrown) std::rethrow_exception(frame.promise().thrown);
            return frame.promise().value;
        }
        std::coroutine_handle<promise_type> frame;
    };
    auto foreign = [](int v) -> lazy {
        if (v < 0) throw std::runtime_error("foreign");
        co_return v;
    };
    coil::manual_executor home;
    auto body = [&]() -> task<int> {
        int sum = 0;
        for (int i = 0; i != 100; ++i) sum += co_await foreign(i);
        try {
            (void)co_await foreign(-1);
        } catch (const std::runtime_error&) {
            ++sum;
        }
        co_return sum;
    };
    CHECK(run_by_hand(home, body()) == 4951);
}

TEST_CASE("an awaitable that is resumed by another thread brings the branch home") {
    coil::manual_executor home;
    noting_owner owner;
    struct other_thread {
        explicit other_thread(std::vector<std::thread>& t, int& p) : threads(&t), plain(&p) {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> h) {
            // the vector is read by the test alone, at the end; the branch may go on before emplace_back returns
            std::thread t([h, p = plain] {
                ++*p;
                h.resume();
            });
            t.detach();
        }
        int await_resume() const noexcept { return *plain; }
        std::vector<std::thread>* threads;
        int* plain;
    };
    int plain = 0;
    std::vector<std::thread> threads;
    auto body = [&]() -> task<int> {
        int last = 0;
        for (int i = 0; i != 200; ++i) last = co_await other_thread(threads, plain);
        co_return last;
    };
    spawned h(home, owner, body());
    h.start();
    while (!h->ended())
        if (!home.step()) std::this_thread::yield();
    CHECK(h.take() == 200);
}

TEST_CASE("a stop does not reach into a foreign awaitable; the next await throws") {
    coil::manual_executor home;
    noting_owner owner;
    std::coroutine_handle<> later;
    std::string log;
    auto body = [&]() -> task<> {
        log += static_cast<char>('0' + co_await void_awaiter(resumed::later, &later));
        co_await step_back();
        log += '!';
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    h->cancel("");
    home.drain();
    CHECK(log.empty());
    CHECK(h->state() == coil::task_state::running);
    later.resume();
    home.drain();
    CHECK(log == "1");
    CHECK(h->state() == coil::task_state::cancelled);
}

TEST_CASE("a bridge that is not awaited leaves nothing behind") {
    counted::reset();
    std::string log;
    {
        auto b = coil::as_awaiter(with_member_operator(&log));
        auto moved = std::move(b);
    }
    CHECK(counted::living == 0);
}

}  // namespace

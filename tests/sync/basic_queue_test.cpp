// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/basic_queue.hpp>

#include "../coro/by_hand.hpp"

#include <coil/sync/item_stack.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

TEST_CASE("basic_queue: a put that finds no room leaves an rvalue as it was") {
    coil::basic_queue<std::string, coil::item_stack<std::string>> q{1};
    std::string text = "a text that no small string buffer can hold";
    CHECK(q.try_put("first"));
    CHECK_FALSE(q.try_put(std::move(text)));
    CHECK(text == "a text that no small string buffer can hold");
    CHECK_FALSE(q.try_put(text));
    CHECK(q.try_get() == "first");
    CHECK(q.try_put(text));
    CHECK(text.size() > 20);
}

TEST_CASE("basic_queue: an awaiter that is moved before it is awaited takes its item along") {
    coil::basic_queue<std::unique_ptr<int>, coil::item_stack<std::unique_ptr<int>>> q;
    auto body = [&]() -> coil::task<int> {
        auto putting = q.put(std::make_unique<int>(3));
        auto moved = std::move(putting);
        co_await moved;
        auto getting = q.get();
        auto also_moved = std::move(getting);
        const std::optional<std::unique_ptr<int>> got = co_await also_moved;
        co_return **got;
    };
    CHECK(run_by_hand(body()) == 3);
}

TEST_CASE("basic_queue: a named get may be awaited again, a named put not") {
    coil::basic_queue<std::string, coil::item_stack<std::string>> q;
    auto body = [&]() -> coil::task<int> {
        auto get = q.get();
        auto put = q.put("item");
        co_await put;
        std::optional<std::string> v = co_await get;
        int right = v == "item";
        q.close();
        v = co_await get;
        right += !v;
        try {
            co_await put;
        } catch (const std::logic_error&) {
            ++right;
        }
        co_return right;
    };
    CHECK(run_by_hand(body()) == 3);
}

TEST_CASE("basic_queue: a task that is not started, and one that is stopped, destroy the item they would have put") {
    const auto item = std::make_shared<int>(1);
    {
        coil::basic_queue<std::shared_ptr<int>, coil::item_stack<std::shared_ptr<int>>> q;
        auto body = [&](std::shared_ptr<int> p) -> coil::task<> { co_await q.put(std::move(p)); };
        { const coil::task<> never = body(item); }
        coil::manual_executor home;
        noting_owner owner;
        spawned h(home, owner, body(item));
        h->cancel("before its first step");
        h.start();
        home.drain();
        CHECK(q.empty());
    }
    CHECK(item.use_count() == 1);
}

}  // namespace

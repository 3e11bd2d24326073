// SPDX-License-Identifier: BSL-1.0
// Pools over ranks, without MPI: the ranks are threads of this process, the wire is a list of messages.
#include <coil/process/rank_relay.hpp>

#include <coil/process/pool.hpp>
#include <coil/process/rank_agent.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/process/shared_array.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/run/run.hpp>

#include "workers.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using coil::task;
namespace process = coil::process;

namespace {

using bytes = std::vector<std::byte>;

// What lies between the first process and its ranks.
class post_office {
public:
    void put(unsigned to, unsigned from, bytes&& message) {
        const std::scoped_lock guard(lock_);
        if (!cut_[to] && !cut_[from]) boxes_[to].emplace_back(from, std::move(message));
    }
    bool get(unsigned to, unsigned& from, bytes& message) {
        const std::scoped_lock guard(lock_);
        auto& box = boxes_[to];
        if (box.empty()) return false;
        from = box.front().first;
        message = std::move(box.front().second);
        box.pop_front();
        return true;
    }
    // Nothing is brought to that one or from it any more.
    void cut(unsigned one) {
        const std::scoped_lock guard(lock_);
        cut_[one] = true;
    }
    bool is_cut(unsigned one) {
        const std::scoped_lock guard(lock_);
        return cut_[one];
    }

private:
    std::mutex lock_;
    std::map<unsigned, std::deque<std::pair<unsigned, bytes>>> boxes_;
    std::map<unsigned, bool> cut_;
};

class rank_wire final : public process::wire {
public:
    rank_wire(post_office& o, unsigned own) : office_(o), own_(own) {}
    unsigned size() const noexcept override { return 1; }
    std::string name_of(unsigned) const override { return "rank 0"; }
    void grow(unsigned) override { throw std::logic_error("a rank spawns nobody"); }
    void send(unsigned, bytes&& message) override { office_.put(0, own_, std::move(message)); }
    bool receive(unsigned& peer, bytes& message) override {
        if (office_.is_cut(own_)) throw std::runtime_error("cut off");
        if (!office_.get(own_, peer, message)) return false;
        peer = 0;
        return true;
    }
    void give_up(unsigned) noexcept override {}
    void close(bool) noexcept override {}

private:
    post_office& office_;
    const unsigned own_;
};

class first_wire final : public process::wire {
public:
    first_wire(post_office& o, unsigned ranks, unsigned most) : office_(o), most_(most) { start(ranks); }
    ~first_wire() override {
        for (auto& t : threads_) t.join();
    }
    unsigned size() const noexcept override { return static_cast<unsigned>(threads_.size()); }
    std::string name_of(unsigned peer) const override { return "rank " + std::to_string(peer + 1); }
    void grow(unsigned n) override {
        if (size() + n > most_) throw std::runtime_error("no room for so many");
        start(n);
    }
    void send(unsigned peer, bytes&& message) override {
        if (office_.is_cut(peer + 1)) throw std::runtime_error("has died");
        office_.put(peer + 1, 0, std::move(message));
    }
    bool receive(unsigned& peer, bytes& message) override {
        if (!office_.get(0, peer, message)) return false;
        --peer;
        return true;
    }
    void give_up(unsigned) noexcept override {}
    void close(bool) noexcept override {}

private:
    void start(unsigned n) {
        for (unsigned i = 0; i < n; ++i)
            threads_.emplace_back([&office = office_, own = size() + 1] {
                rank_wire w(office, own);
                (void)process::serve_as_rank(w);
            });
    }
    post_office& office_;
    const unsigned most_;
    std::vector<std::thread> threads_;
};

// A rank that says what the test has it say: what is put together is read in one turn.
class told_wire final : public process::wire {
public:
    struct mouth {
        std::mutex lock;
        std::deque<bytes> says;
        std::atomic<unsigned> units{0};  // that it was given
    };
    explicit told_wire(mouth& m) : mouth_(m) {}
    unsigned size() const noexcept override { return 1; }
    std::string name_of(unsigned) const override { return "rank 1"; }
    void grow(unsigned) override { throw std::logic_error("it is alone"); }
    void send(unsigned, bytes&& message) override {
        process::rank_frame_head head;
        std::memcpy(&head, message.data(), sizeof(head));
        if (head.kind == process::rank_frame_kind::request && head.message.what == process::message_head::kind::unit) ++mouth_.units;
    }
    bool receive(unsigned& peer, bytes& message) override {
        const std::scoped_lock guard(mouth_.lock);
        if (mouth_.says.empty()) return false;
        peer = 0;
        message = std::move(mouth_.says.front());
        mouth_.says.pop_front();
        return true;
    }
    void give_up(unsigned) noexcept override {}
    void close(bool) noexcept override {}

private:
    mouth& mouth_;
};

class test_source final : public process::worker_source {
public:
    explicit test_source(unsigned ranks, unsigned most = 4)
        : relay_([this, ranks, most] { return std::make_unique<first_wire>(office_, ranks, most); }) {}
    std::size_t usual() const override { return relay_.size(); }
    std::size_t most_at_once() const override { return 100; }
    void prepare(std::size_t) const override {}
    std::shared_ptr<process::hired_worker> hire(process::worker_request r) const override { return relay_.hire(std::move(r)); }

    post_office& office() noexcept { return office_; }
    process::rank_relay& relay() noexcept { return relay_; }

private:
    post_office office_;
    mutable process::rank_relay relay_;
};

int plus_one(int x) { return x + 1; }
int own_pid(int) { return ::getpid(); }
int odd_or_die(int x) {
    if (x % 2 == 0) ::raise(SIGKILL);
    return x;
}
int die_at_seven(int x) {
    if (x == 7) ::_exit(3);
    return x;
}
int throws_at_three(int x) {
    if (x == 3) throw std::out_of_range("three");
    return x;
}
[[noreturn]] int never_ends(int) {
    for (;;) ::pause();
}
std::string long_text(std::size_t size) { return std::string(size, 'x'); }
std::size_t size_of(const std::string& text) { return text.size(); }
int first_of(process::shared_array<int> a) { return a[0]; }
process::shared_array<int> made_there(int n) { return process::shared_array<int>(static_cast<std::size_t>(n)); }
int slot_there = 0;
void set_slot() { slot_there = 41; }
int slot_and_one(int) { return slot_there + 1; }

std::vector<int> numbers(int n) {
    std::vector<int> all(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) all[static_cast<std::size_t>(i)] = i;
    return all;
}

}  // namespace

TEST_CASE("ranks: a pool over them maps, calls, streams and closes as any pool") {
    test_source ranks(3);
    coil::run([](const test_source& source) -> task<> {
        process::pool pool({}, {.initialiser = process::function<&set_slot>, .over = &source});
        CHECK(pool.size() == 3);
        CHECK(co_await pool.call<&plus_one>(4) == 5);
        CHECK(co_await pool.call<&slot_and_one>(0) == 42);
        const auto xs = numbers(5000);
        const auto ys = co_await pool.map<&plus_one>(xs);
        REQUIRE(ys.size() == xs.size());
        for (std::size_t i = 0; i < ys.size(); ++i) REQUIRE(ys[i] == xs[i] + 1);
        std::size_t heard = 0;
        auto all = pool.stream<&plus_one>(xs);
        while (auto one = co_await all.next()) {
            CHECK(**one == static_cast<int>(one->index()) + 1);
            ++heard;
        }
        CHECK(heard == xs.size());
        CHECK(co_await workers::comes([&] { return std::ranges::count(pool.pids(), -1) == 0; }));
        for (const int pid : pool.pids()) CHECK(pid != ::getpid());
        co_await pool.close();
    }(ranks));
}

TEST_CASE("ranks: long arguments and long results go there and back") {
    test_source ranks(1);
    coil::run([](const test_source& source) -> task<> {
        process::pool pool(1, {.over = &source});
        const std::string text(std::size_t{9} << 20, 'y');
        CHECK(co_await pool.call<&size_of>(text) == text.size());
        CHECK((co_await pool.call<&long_text>(std::size_t{9} << 20)).size() == std::size_t{9} << 20);
        const std::vector<std::size_t> sizes(40, std::size_t{300} << 10);
        const auto many = co_await pool.map<&long_text>(sizes, {.chunk = 10});
        CHECK(std::ranges::all_of(many, [](const std::string& s) { return s.size() == std::size_t{300} << 10; }));
        co_await pool.close();
    }(ranks));
}

TEST_CASE("ranks: what a function throws arrives, and a worker that dies costs its call alone") {
    test_source ranks(2);
    coil::run([](const test_source& source) -> task<> {
        process::pool pool({}, {.over = &source});
        CHECK_THROWS_AS(co_await pool.call<&throws_at_three>(3), std::out_of_range);
        const auto xs = numbers(40);
        auto outcomes = co_await pool.settle<&die_at_seven>(xs, {.chunk = 5});
        for (auto& o : outcomes) {
            if (o.index() != 7) {
                CHECK(o.value() == static_cast<int>(o.index()));
                continue;
            }
            std::string text;
            int code = 0;
            try {
                o.value();
            } catch (const process::worker_died& e) {
                text = e.what();
                code = e.exit_code();
            }
            CHECK(code == 3);
            CHECK(text.find("ended with exit code 3") != std::string::npos);
            CHECK(text.find("rank ") != std::string::npos);
        }
        auto deadly = co_await pool.settle<&odd_or_die>(numbers(12), {.chunk = 4});
        for (auto& o : deadly) CHECK(o.has_value() == (o.index() % 2 == 1));
        co_await pool.close();
    }(ranks));
}

TEST_CASE("ranks: a call that is stopped ends its worker there, and another comes") {
    test_source ranks(1);
    coil::run([](const test_source& source) -> task<> {
        process::pool pool(1, {.stop_grace = 1ms, .over = &source});
        const int before = co_await pool.call<&own_pid>(0);
        CHECK(!(co_await coil::move_on_after(20ms, pool.call<&never_ends>(0))).has_value());
        const int after = co_await pool.call<&own_pid>(0);
        CHECK(after != before);
        CHECK(co_await workers::comes([&] { return !workers::lives(before); }));
        co_await pool.close();
        CHECK(co_await workers::comes([&] { return !workers::lives(after); }));
    }(ranks));
}

TEST_CASE("ranks: a worker that may make so many calls is replaced after them") {
    test_source ranks(1);
    coil::run([](const test_source& source) -> task<> {
        process::pool pool(1, {.max_tasks_per_child = 2, .over = &source});
        const auto pids = co_await pool.map<&own_pid>(numbers(6), {.chunk = 1});
        CHECK(pids[0] == pids[1]);
        CHECK(pids[1] != pids[2]);
        CHECK(pids[3] != pids[4]);
        pool.shut_down();
        CHECK_THROWS_AS(co_await pool.call<&plus_one>(1), std::runtime_error);
    }(ranks));
}

TEST_CASE("ranks: what processes of one machine share does not go to another, and says so") {
    test_source ranks(1);
    coil::run([](const test_source& source) -> task<> {
        process::pool pool(1, {.over = &source});
        process::shared_array<int> a{4};
        CHECK_THROWS_AS(co_await pool.call<&first_of>(a), std::invalid_argument);
        CHECK_THROWS_AS(co_await pool.call<&made_there>(4), std::invalid_argument);
        CHECK(co_await pool.call<&plus_one>(1) == 2);
        co_await pool.close();
    }(ranks));
}

TEST_CASE("ranks: a unit that was taken back keeps its place among those that end at the same time") {
    using process::message_head;
    told_wire::mouth rank;
    process::rank_relay relay([&] { return std::make_unique<told_wire>(rank); });
    const auto memory = std::make_shared<const process::shared_mapping>(process::head_bytes, process::ring_bytes, process::bulk_bytes);
    auto& words = process::words_in(*memory);
    process::message_writer requests(words.requests, memory->ring(0), memory->bulk(0));
    process::message_reader replies(words.replies, memory->ring(1), memory->bulk(1));
    const auto bell = process::make_bell();
    const auto worker = relay.hire({.name = "w", .memory = memory, .bell = bell.number(), .gone = [](int, const process::child_end&) {}});
    const auto ask = [&](std::uint8_t slot) { requests.write({.what = message_head::kind::unit, .slot = slot, .count = 1}, bytes(8)); };
    const auto end = [&](std::vector<std::uint8_t> slots) {
        const std::scoped_lock guard(rank.lock);
        for (const auto slot : slots) {
            const process::rank_frame_head head{.kind = process::rank_frame_kind::reply,
                                           .channel = 1,
                                           .message = {.what = message_head::kind::unit_end, .slot = slot, .count = 1}};
            rank.says.emplace_back(sizeof(head));
            std::memcpy(rank.says.back().data(), &head, sizeof(head));
        }
        relay.wake();
    };
    std::vector<int> ended;
    const auto heard = [&](std::size_t all) {
        process::message m;
        for (int i = 0; i < 10'000 && ended.size() < all; ++i) {
            if (replies.next(m)) ended.push_back(m.head.slot);
            else std::this_thread::sleep_for(1ms);
        }
        replies.release();
        REQUIRE(ended.size() == all);
    };
    const auto given = [&](unsigned all) {
        for (int i = 0; i < 10'000 && rank.units < all; ++i) std::this_thread::sleep_for(1ms);
        REQUIRE(rank.units >= all);
    };
    // It is given one ahead as soon as it has ended some quickly; that it was too slow for that is no matter: then they are
    // asked again.
    std::uint8_t slot = 0;
    unsigned units = 0;
    for (int round = 0; round < 5; ++round) {
        ask(slot);
        relay.wake();
        given(++units);
        end({slot++});
        heard(ended.size() + 1);
        const std::uint8_t first = slot;
        words.slots[first + 1U].claim = process::unit_claim::skipped;
        for (int i = 0; i < 3; ++i) ask(slot++);
        relay.wake();
        given(++units);
        for (int i = 0; i < 5 && rank.units < units + 1; ++i) std::this_thread::sleep_for(1ms);
        const bool both = rank.units == units + 1;
        if (both) {
            end({first, static_cast<std::uint8_t>(first + 2)});
        } else {
            end({first});
            given(units + 1);
            end({static_cast<std::uint8_t>(first + 2)});
        }
        ++units;
        heard(ended.size() + 3);
    }
    for (std::size_t i = 0; i < ended.size(); ++i) CHECK(ended[i] == static_cast<int>(i));
}

TEST_CASE("ranks: one that is lost costs the calls that it may have begun, and with the last one every call") {
    test_source ranks(2);
    coil::run([](test_source& source) -> task<> {
        process::pool pool({}, {.name = "far", .over = &source});
        (void)co_await pool.map<&plus_one>(numbers(100));
        source.office().cut(2);
        std::size_t lost = 0;
        std::string text;
        auto outcomes = co_await pool.settle<&plus_one>(numbers(200), {.chunk = 3});
        for (auto& o : outcomes) {
            if (o) {
                CHECK(*o == static_cast<int>(o.index()) + 1);
                continue;
            }
            ++lost;
            try {
                o.value();
            } catch (const process::worker_died& e) {
                text = e.what();
            }
        }
        CHECK(lost <= 8 * 3);
        if (lost > 0) {
            CHECK(text.find("rank 2") != std::string::npos);
            CHECK(text.find("is lost") != std::string::npos);
        }
        CHECK(source.usual() == 1);
        CHECK((co_await pool.map<&plus_one>(numbers(50))).size() == 50);
        source.office().cut(1);
        std::string last;
        for (int i = 0; i < 3 && last.find("no rank is left") == std::string::npos; ++i) {
            try {
                (void)co_await pool.call<&plus_one>(1);
            } catch (const std::exception& e) {
                last = e.what();
            }
        }
        CHECK(last.find("no rank is left") != std::string::npos);
        CHECK(last.find("rank 1") != std::string::npos);
    }(ranks));
}

TEST_CASE("ranks: more are made when they are wanted, and several pools share them") {
    test_source ranks(1, 3);
    CHECK(ranks.usual() == 1);
    ranks.relay().grow_to(3);
    CHECK(ranks.usual() == 3);
    CHECK_THROWS_AS(ranks.relay().grow_to(4), std::runtime_error);
    coil::run([](const test_source& source) -> task<> {
        process::pool one(2, {.over = &source});
        process::pool other(4, {.over = &source});
        const auto xs = numbers(300);
        auto [a, b] = co_await coil::when_all(one.map<&plus_one>(xs), other.map<&plus_one>(xs));
        CHECK(a == b);
        co_await one.close();
        co_await other.close();
    }(ranks));
}

// SPDX-License-Identifier: BSL-1.0
// No wake-up is lost between loop, pool and threads that are not coil's: a token travels round them with pauses in which
// each side falls asleep, and many threads at once call a loop that sleeps.
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bad_day::expect;
using bad_day::expect_equal;
using coil::task;

// Mostly tiny, now and then long enough for everybody else to fall asleep.
void pause(std::minstd_rand& random) {
    const auto kind = random() % 64;
    if (kind == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 100));
    else if (kind < 8) std::this_thread::yield();
    else
        for (auto n = random() % 500; n != 0; --n)
            std::atomic_signal_fence(std::memory_order_seq_cst);
}

// A thread that is not coil's and answers what it is handed.
class foreign {
public:
    foreign() : thread_([this] { answer(); }) {}
    ~foreign() {
        hand(-1, std::nullopt);
        thread_.join();
    }
    void hand(long token, std::optional<coil::resolver<long>> r) {
        {
            const std::scoped_lock guard(lock_);
            line_.emplace_back(token, std::move(r));
        }
        changed_.notify_one();
    }

private:
    void answer() {
        std::minstd_rand random(7);
        for (;;) {
            std::unique_lock guard(lock_);
            changed_.wait(guard, [this] { return !line_.empty(); });
            auto [token, r] = std::move(line_.front());
            line_.pop_front();
            guard.unlock();
            if (token < 0) return;
            pause(random);
            (*r)(token + 1);
        }
    }
    std::mutex lock_;
    std::condition_variable changed_;
    std::deque<std::pair<long, std::optional<coil::resolver<long>>>> line_;
    std::thread thread_;
};

task<long> travel(foreign& f, long rounds, unsigned seed) {
    std::minstd_rand at_home(seed), there(seed + 1);
    long token = 0;
    for (long i = 0; i != rounds; ++i) {
        pause(at_home);
        token = co_await coil::on_pool([token, &there] {
            pause(there);
            return token + 1;
        });
        token = co_await coil::from_callback<long>([&](coil::resolver<long> r) { f.hand(token, std::move(r)); });
        ++bad_day::progress;
    }
    co_return token;
}
// The same, the other way: at home on the pool.
task<long> travel_from_the_pool(foreign& f, long rounds) {
    co_await coil::resume_on(coil::pool());
    const long token = co_await travel(f, rounds, 3);
    expect(coil::pool().here(), "it is at home on the pool");
    co_return token;
}

task<> tokens(long rounds) {
    foreign f, g;
    auto [one, two] = co_await coil::when_all(travel(f, rounds, 1), travel_from_the_pool(g, rounds));
    expect_equal(one, 2 * rounds, "token of the loop");
    expect_equal(two, 2 * rounds, "token of the pool");
}

void producers(int threads, long each) {
    coil::loop l;
    long calls = 0;  // on the loop's thread only
    std::vector<std::thread> all;
    const auto amain = [&]() -> task<> {
        co_await coil::from_callback<void>([&](coil::resolver<void> done) {
            for (int t = 0; t != threads; ++t)
                all.emplace_back([&, done, t] {
                    std::minstd_rand random(static_cast<unsigned>(t + 1));
                    for (long i = 0; i != each; ++i) {
                        pause(random);
                        const bool taken = l.post([&calls, done, last = threads * each] {
                            ++bad_day::progress;
                            if (++calls == last) done();
                        });
                        expect(taken, "a live loop takes a call");
                    }
                });
        });
    };
    l.run(amain());
    for (auto& t : all)
        t.join();
    expect_equal(calls, threads * each, "calls");
}

void guests(int threads, long each) {
    std::atomic<long> answers{0};
    const auto amain = [&]() -> task<> {
        std::vector<std::thread> all;
        for (int t = 0; t != threads; ++t)
            all.emplace_back([&, t] {
                std::minstd_rand random(static_cast<unsigned>(t + 1));
                for (long i = 0; i != each; ++i) {
                    pause(random);
                    answers += coil::block_on(coil::on_pool([] { return 1; }));
                    ++bad_day::progress;
                }
            });
        co_await coil::blocking([&] {
            for (auto& t : all)
                t.join();
        });
    };
    coil::run(amain());
    expect_equal(answers.load(), threads * each, "answers");
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    const bool full = bad_day::is_full(argc, argv);
    coil::run(tokens(full ? 1'000'000 : full_size(10'000)));
    producers(64, full ? 20'000 : full_size(200));
    guests(64, full ? 5000 : full_size(50));
    return bad_day::verdict();
}

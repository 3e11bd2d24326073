// SPDX-License-Identifier: BSL-1.0
// A process is killed at any moment of locking, putting, getting and taking permits, again and again. The others go on:
// every message is whole and none is missing in between, a mutex tells of the death, permits come back, nobody hangs.
#include "bad_day.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <system_error>
#include <vector>

namespace process = coil::process;
using bad_day::expect;
using bad_day::expect_equal;

namespace {

constexpr int first_given = 200;

struct message {
    std::uint64_t number;
    std::array<std::uint64_t, 30> copies;
};

struct objects {
    process::mutex lock;
    process::shared_array<long> two{2};  // equal while nobody has the lock
    process::queue<message> out{8};
    process::queue<int> in{8};
    process::semaphore permits{2};

    objects() = default;
    void encode(process::encoder& to) const {
        lock.encode(to);
        two.encode(to);
        out.encode(to);
        in.encode(to);
        permits.encode(to);
    }
    explicit objects(process::decoder& from)
        : lock(process::mutex::decode(from)),
          two(process::shared_array<long>::decode(from)),
          out(process::queue<message>::decode(from)),
          in(process::queue<int>::decode(from)),
          permits(process::semaphore::decode(from)) {}
};

// ---- the one that is killed

coil::task<> works(objects& o) {
    for (std::uint64_t n = 1;; ++n) {
        for (int i = 0; i < 2000; ++i) {
            const auto g = co_await o.lock.lock();
            o.two[0] = o.two[0] + 1;
            o.two[1] = o.two[1] + 1;
        }
        message m;
        m.number = n;
        m.copies.fill(n);
        co_await o.out.put(m);
        const auto p = co_await o.permits.acquire();
        const auto v = co_await o.in.get();
        if (!v) break;
    }
}

int be_the_child(const char* hex, int count) {
    std::vector<std::byte> bytes;
    for (const std::string text = hex; bytes.size() * 2 < text.size();)
        bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(bytes.size() * 2, 2), nullptr, 16)));
    std::vector<coil::ring::descriptor> all;
    for (int i = 0; i < count; ++i)
        all.emplace_back(first_given + i);
    process::decoder from(bytes, std::move(all));
    objects o(from);
    const bool told = ::write(1, "r", 1) == 1;
    if (told) coil::run(works(o));
    return 0;
}

class child {
public:
    explicit child(const objects& o) {
        process::encoder e;
        o.encode(e);
        std::string hex;
        for (const std::byte b : e.message()) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(b));
            hex += two;
        }
        const std::string count = std::to_string(e.numbers().size());
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
        pid_ = ::fork();
        if (pid_ == 0) {
            for (std::size_t i = 0; i < e.numbers().size(); ++i)
                ::dup2(e.numbers()[i], first_given + static_cast<int>(i));
            ::dup2(ends[1], 1);
            ::execl("/proc/self/exe", "child", "child", hex.c_str(), count.c_str(), nullptr);
            ::_exit(127);
        }
        ::close(ends[1]);
        char c = 0;
        expect(::read(ends[0], &c, 1) == 1, "the child begins");
        ::close(ends[0]);
    }
    void kill() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

private:
    pid_t pid_;
};

// ---- the one that goes on

coil::task<> lock_and_mend(objects& o, int& deaths) {
    bool died = false;
    try {
        const auto g = co_await o.lock.lock();
        expect(o.two[0] == o.two[1], "what a lock guards is whole");
    } catch (const std::system_error& e) {
        died = e.code() == std::errc::owner_dead;
        expect(died, "a lock fails for a death alone");
    }
    if (died) {
        ++deaths;
        const auto g = co_await o.lock.recover();
        o.two[1] = o.two[0];
        o.lock.consistent();
    }
}

coil::task<> goes_on(int rounds, unsigned seed) {
    std::mt19937 random(seed);
    objects o;
    int deaths_in_lock = 0;
    std::uint64_t messages = 0;
    for (int round = 0; round < rounds; ++round) {
        child c(o);
        const auto until = static_cast<unsigned>(random() % 12);
        std::uint64_t next = 1;
        const auto take = [&](const message& m) {
            expect(m.number == next++, "no message is missing");
            for (const auto copy : m.copies)
                expect(copy == m.number, "every message is whole");
            ++messages;
        };
        for (unsigned i = 0; i < until; ++i) {
            (void)o.in.try_put(1);
            if (random() % 4 == 0) co_await lock_and_mend(o, deaths_in_lock);
            const auto m = co_await o.out.get();  // it lives, and has what it wants
            if (m) take(*m);
        }
        for (int i = 0; i < 8; ++i)
            (void)o.in.try_put(1);
        // no time is right here: it is killed wherever it happens to be
        co_await coil::sleep_for(std::chrono::microseconds(random() % 1000));
        c.kill();
        co_await lock_and_mend(o, deaths_in_lock);
        for (;;) {
            const auto m = o.out.try_get();
            if (!m) break;
            take(*m);
        }
        // both, though the dead one may have had one
        const auto a = co_await o.permits.acquire();
        const auto b = co_await o.permits.acquire();
        const auto none = o.permits.try_acquire();
        expect(!none.has_value(), "no permit is there twice");
        while (o.in.try_get()) {
        }
        while (o.lock.shared().members() != 1)
            co_await coil::sleep_for(std::chrono::milliseconds(1));
    }
    std::printf("%d rounds, %llu messages, %d deaths with the lock\n", rounds, static_cast<unsigned long long>(messages),
                deaths_in_lock);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::string(argv[1]) == "child") return be_the_child(argv[2], std::atoi(argv[3]));
    const bad_day::watchdog ends_a_hang;
    const unsigned seed = std::random_device()();
    std::printf("seed %u\n", seed);
    coil::run(goes_on(bad_day::is_full(argc, argv) ? 5000 : 60, seed));
    return bad_day::verdict();
}

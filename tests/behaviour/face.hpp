// SPDX-License-Identifier: BSL-1.0
// What the programs that use every spelling share: a check that ends the program at its line, and `counted`, which shows
// every value that is destroyed twice or never.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#define CHECK(x)                                                                                                       \
    do {                                                                                                               \
        if (!(x)) {                                                                                                    \
            std::printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #x);                                              \
            std::fflush(stdout);                                                                                       \
            std::_Exit(1);                                                                                             \
        }                                                                                                              \
    } while (0)

inline std::mutex living_lock;
inline std::set<const void*> living;

// Long enough to own memory, and known by its address from birth to death.
class counted {
public:
    explicit counted(std::string s) : text(std::move(s)) { born(); }
    counted(const counted& other) : text(other.text) { born(); }
    counted(counted&& other) noexcept : text(std::move(other.text)) { born(); }
    counted& operator=(const counted&) = default;
    counted& operator=(counted&&) = default;
    ~counted() {
        std::scoped_lock guard(living_lock);
        CHECK(living.erase(this) == 1);
    }
    std::string text;

private:
    void born() {
        std::scoped_lock guard(living_lock);
        CHECK(living.insert(this).second);
    }
};

inline std::string words(int i = 0) {
    return "a text that no small string buffer can hold, number " + std::to_string(i);
}

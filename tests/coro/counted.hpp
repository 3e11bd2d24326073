// SPDX-License-Identifier: BSL-1.0
// Counts the lives of objects, so that a test can say: as many ended as began, none twice.
#pragma once
#include <atomic>
#include <cstdint>

/// Is a value whose lives are counted. A life that ends twice, or never began, is counted as a mistake.
class counted {
public:
    explicit counted(int v = 0) noexcept : value(v) { begin(); }
    counted(const counted& other) noexcept : value(other.value) { begin(), copies.fetch_add(1); }
    counted(counted&& other) noexcept : value(other.value) {
        other.value = -1;
        begin();
    }
    counted& operator=(const counted& other) noexcept {
        value = other.value;
        return *this;
    }
    counted& operator=(counted&& other) noexcept {
        value = other.value;
        other.value = -1;
        return *this;
    }
    ~counted() {
        if (mark_ != alive) mistakes.fetch_add(1);
        mark_ = dead;
        living.fetch_sub(1);
    }

    int value;

    static inline std::atomic<int> living{0}, begun{0}, copies{0}, mistakes{0};
    static void reset() noexcept { living = 0, begun = 0, copies = 0, mistakes = 0; }

private:
    static constexpr std::uint32_t alive = 0xa11fe, dead = 0xdead;
    void begin() noexcept {
        living.fetch_add(1);
        begun.fetch_add(1);
    }
    // volatile: the store of the end must happen although the object is gone
    volatile std::uint32_t mark_ = alive;
};

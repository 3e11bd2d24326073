// SPDX-License-Identifier: BSL-1.0
// Counts what is alive, so that a test can say that everything was destroyed, once.
#pragma once
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

class census {
public:
    int born() const { return born_.load(); }
    int living() const { return living_.load(); }

private:
    friend class alive;
    std::atomic<int> born_{0}, living_{0};
};

// Counts as one living thing, however often it is moved; destroyed twice it counts below zero.
class alive {
public:
    explicit alive(census& c) : census_(&c) {
        ++census_->born_;
        ++census_->living_;
    }
    alive(alive&& other) noexcept : census_(std::exchange(other.census_, nullptr)) {}
    alive& operator=(alive&&) = delete;
    ~alive() {
        if (census_) --census_->living_;
    }
    explicit operator bool() const { return census_ != nullptr; }

private:
    census* census_;
};

// Dies so slowly that whoever does not wait for it is seen.
class slow_to_die : public alive {
public:
    explicit slow_to_die(census& c) : alive(c) {}
    slow_to_die(slow_to_die&&) noexcept = default;
    ~slow_to_die() {
        if (!*this) return;
        for (int i = 0; i != 20; ++i) std::this_thread::yield();
    }
};

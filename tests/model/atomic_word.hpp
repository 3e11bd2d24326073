// SPDX-License-Identifier: BSL-1.0
// What lock-free code of coil is compiled with in these tests instead of std::atomic: a word that remembers its values,
// so that a load may see an old one where the memory model allows that.
#pragma once
#include "explorer.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

namespace model {

/// The values that a word has had in one run, in the order of their writes (which is its modification order).
class history {
public:
    void begin(std::uint64_t value) {
        stores_.clear();
        stores_.push_back({value, {}, false, {}});
        stores_.back().seen.fill(0);  // happened before everything
        last_sequential_ = 0;
        run_ = explorer::running() ? explorer::now().run() : 0;
    }
    bool is_of_this_run() const { return !stores_.empty() && run_ == (explorer::running() ? explorer::now().run() : 0); }
    std::uint64_t newest() const { return stores_.back().value; }

    std::uint64_t load(std::memory_order order, const void* word, const place& where) {
        explorer& e = explorer::now();
        const std::size_t oldest = oldest_to_see(order);
        const std::size_t old = e.old_values(stores_.size() - 1 - oldest);
        const std::size_t back = e.choose(old + 1);
        if (back != 0) e.saw_old_value();
        return see(stores_.size() - 1 - back, order, word, "load", where);
    }
    /// A load of one of the values that are not the expected one, or -1 back: of the newest, to be replaced.
    /// Returns how far back the value lies that a failing compare-and-swap sees, or none if it succeeds.
    bool fails(std::uint64_t expected, std::memory_order failure, std::uint64_t& found, const void* word, const place& where) {
        explorer& e = explorer::now();
        std::vector<std::size_t> seen;  // what it may fail with
        const std::size_t newest_index = stores_.size() - 1, oldest = oldest_to_see(failure);
        if (newest() != expected) seen.push_back(newest_index);
        if (e.old_values(1) != 0)
            for (std::size_t i = newest_index; i-- > oldest;)
                if (stores_[i].value != expected) seen.push_back(i);
        const bool may_succeed = newest() == expected;
        const std::size_t way = e.choose(seen.size() + (may_succeed ? 1 : 0));
        if (may_succeed && way == 0) return false;
        const std::size_t index = seen[way - (may_succeed ? 1 : 0)];
        if (index != newest_index) e.saw_old_value();
        found = see(index, failure, word, "not swapped", where);
        return true;
    }
    void store(std::uint64_t value, std::memory_order order, const void* word, const place& where) {
        put(value, order, false, word, "store", where);
    }
    /// Replaces the newest value by another.
    std::uint64_t replace(std::uint64_t value, std::memory_order order, const void* word, const place& where) {
        const std::uint64_t before = see(stores_.size() - 1, order, word, "replaces", where);
        put(value, order, true, word, "by", where);
        return before;
    }

private:
    static constexpr std::uint32_t never = ~std::uint32_t(0);
    struct stored {
        std::uint64_t value;
        vector_clock released;
        bool releases;
        std::array<std::uint32_t, most_threads> seen;  // the step at which a thread first saw it
    };
    static bool acquires(std::memory_order o) {
        return o == std::memory_order_acquire || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
    }
    static bool releases(std::memory_order o) {
        return o == std::memory_order_release || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
    }
    // Nobody sees a value older than one whose sight, or write, happened before.
    std::size_t oldest_to_see(std::memory_order order) const {
        const vector_clock& mine = explorer::now().clock();
        std::size_t i = stores_.size() - 1;
        for (; i != 0; --i) {
            bool known = false;
            for (int t = 0; t != most_threads && !known; ++t) {
                const std::uint32_t at = stores_[i].seen[static_cast<std::size_t>(t)];
                known = at != never && at <= mine[t];
            }
            if (known) break;
        }
        return order == std::memory_order_seq_cst ? std::max(i, last_sequential_) : i;
    }
    std::uint64_t see(std::size_t index, std::memory_order order, const void* word, const char* what, const place& where) {
        explorer& e = explorer::now();
        stored& s = stores_[index];
        std::uint32_t& mine = s.seen[static_cast<std::size_t>(e.self())];
        if (mine == never) mine = e.clock()[e.self()];
        if (acquires(order) && s.releases) e.clock().join(s.released);
        e.note(what, word, s.value, where);
        return s.value;
    }
    void put(std::uint64_t value, std::memory_order order, bool replaces, const void* word, const char* what,
             const place& where) {
        explorer& e = explorer::now();
        stored s{value, {}, false, {}};
        s.seen.fill(never);
        s.seen[static_cast<std::size_t>(e.self())] = e.clock()[e.self()];
        if (replaces && stores_.back().releases) {  // goes on with a release sequence
            s.released = stores_.back().released;
            s.releases = true;
        }
        if (releases(order)) {
            s.released.join(e.clock());
            s.releases = true;
        }
        stores_.push_back(s);
        if (order == std::memory_order_seq_cst) last_sequential_ = stores_.size() - 1;
        e.note(what, word, value, where);
        e.wrote();
        e.clock().step(e.self());  // what follows is not released by it
    }

    std::vector<stored> stores_;
    std::size_t last_sequential_ = 0;
    long run_ = -1;
};

}  // namespace model

namespace coil {

template <class T>
class atomic_word {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
    using order = std::memory_order;
    using place = model::place;

public:
    static constexpr bool is_always_lock_free = true;
    constexpr atomic_word() noexcept = default;
    constexpr atomic_word(T v) noexcept : value_(v) {}
    atomic_word(const atomic_word&) = delete;
    atomic_word& operator=(const atomic_word&) = delete;
    constexpr ~atomic_word() { delete history_; }

    T load(order o = order::seq_cst, place at = place::current()) const noexcept {
        if (!counts()) return value_;
        o = weakened(o, at);
        return to_value(past().load(o, this, at));
    }
    void store(T v, order o = order::seq_cst, place at = place::current()) noexcept {
        if (counts()) {
            o = weakened(o, at);
            past().store(to_bits(v), o, this, at);
        }
        set(v);
    }
    T exchange(T v, order o = order::seq_cst, place at = place::current()) noexcept {
        return modify([v](T) { return v; }, o, at);
    }
    bool compare_exchange_strong(T& expected, T v, order success, order failure, place at = place::current()) noexcept {
        if (!counts()) {
            if (to_bits(value_) != to_bits(expected)) {
                expected = value_;
                return false;
            }
            set(v);
            return true;
        }
        success = weakened(success, at);
        failure = success == order::relaxed ? order::relaxed : failure;
        std::uint64_t found = 0;
        if (past().fails(to_bits(expected), failure, found, this, at)) {
            expected = to_value(found);
            return false;
        }
        past().replace(to_bits(v), success, this, at);
        set(v);
        return true;
    }
    bool compare_exchange_strong(T& expected, T v, order o = order::seq_cst, place at = place::current()) noexcept {
        return compare_exchange_strong(expected, v, o, of_failure(o), at);
    }
    bool compare_exchange_weak(T& expected, T v, order success, order failure, place at = place::current()) noexcept {
        return compare_exchange_strong(expected, v, success, failure, at);
    }
    bool compare_exchange_weak(T& expected, T v, order o = order::seq_cst, place at = place::current()) noexcept {
        return compare_exchange_strong(expected, v, o, of_failure(o), at);
    }
    T fetch_add(T n, order o = order::seq_cst, place at = place::current()) noexcept {
        return modify([n](T v) { return static_cast<T>(v + n); }, o, at);
    }
    T fetch_sub(T n, order o = order::seq_cst, place at = place::current()) noexcept {
        return modify([n](T v) { return static_cast<T>(v - n); }, o, at);
    }
    T fetch_or(T n, order o = order::seq_cst, place at = place::current()) noexcept {
        return modify([n](T v) { return static_cast<T>(v | n); }, o, at);
    }
    T fetch_and(T n, order o = order::seq_cst, place at = place::current()) noexcept {
        return modify([n](T v) { return static_cast<T>(v & n); }, o, at);
    }

    /// What the kernel would see.
    T newest() const noexcept { return value_; }

private:
    static std::uint64_t to_bits(T v) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &v, sizeof v);
        return bits;
    }
    static T to_value(std::uint64_t bits) {
        T v;
        std::memcpy(&v, &bits, sizeof v);
        return v;
    }
    static order of_failure(order o) {
        return o == order::acq_rel ? order::acquire : o == order::release ? order::relaxed : o;
    }
    static order weakened(order o, const place& at) {
        return model::explorer::now().is_weakened(at, o != order::relaxed) ? order::relaxed : o;
    }
    template <class F>
    T modify(F f, order o, const place& at) noexcept {
        const T before = counts() ? to_value(past().newest()) : value_;
        const T after = f(before);
        if (model::explorer::running()) {
            o = weakened(o, at);
            past().replace(to_bits(after), o, this, at);
        }
        set(after);
        return before;
    }
    // Whether somebody watches: then others go first, if they are to.
    bool counts() const {
        if (!model::explorer::running()) return false;
        model::explorer::now().point();
        return true;
    }
    model::history& past() const {
        if (!history_) history_ = new model::history;
        if (!history_->is_of_this_run()) history_->begin(to_bits(value_));
        return *history_;
    }
    void set(T v) noexcept {
        value_ = v;
        if (!model::explorer::running() && history_) history_->begin(to_bits(v));
    }

    T value_{};  // the newest
    mutable model::history* history_ = nullptr;
};

}  // namespace coil

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/shared_words.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/end_watch.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace coil::process {

class decoder;
class encoder;
struct segment_head;
struct segment_member;

/// Is one object in memory that several processes share, as this process sees it: the words on which they sleep, what
/// these guard, and a table of its members. A member that dies is noticed by each of the others (`ring::end_watch`); what
/// it had locked is free again, and marked, and everybody who sleeps is woken to look.
/// Threads: any. Lifetime: counted; a process is a member of an object once, however often the object came to it.
class segment {
public:
    /// What an object is made of; both sides compare it.
    struct shape {
        std::uint32_t kind;
        std::uint32_t detail;  // the size of its values, or so
        std::uint32_t locks;
        std::uint32_t bells;  // together at most 8
        std::size_t payload;
        const char* name;
    };
    static constexpr unsigned most_words = 8;
    static constexpr unsigned most_members = 256;
    /// What members hold of an object and lose when they die: handles of two roles, the same on their way to another
    /// process, and permits.
    enum role : std::uint8_t { writer = 0, reader = 1, travelling = 2, permits = 4 };
    /// Several of the first two, for a handle that has them.
    using roles = unsigned;
    static constexpr roles no_role = 0, writes = 1U << writer, reads = 1U << reader;

    /// Errors: `std::system_error` if there is no memory or descriptor; `std::logic_error` in a forked child.
    static segment* make(const shape& s, roles has = no_role);
    /// Errors: `errc::bad_message` if it is another object; "too many users" for a 257th member.
    static segment* attach(decoder& from, const shape& s, roles has = no_role);
    /// Writes how it is found. What the handle has there counts as `travelling` until it has arrived, or is lost.
    void encode(encoder& to, roles has = no_role);
    /// A handle here has come, or gone.
    void take_up(roles has) noexcept;
    void lay_down(roles has) noexcept;

    void keep() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
    void drop() noexcept;

    member_id me() const noexcept { return me_; }
    lock_word lock(unsigned i) noexcept { return lock_word(word(i)); }
    bell signal(unsigned i) noexcept { return bell(word(locks_ + i)); }
    std::byte* payload() noexcept { return payload_; }
    std::size_t payload_size() const noexcept;

    /// To be called before one sleeps, after `listen`: sees to it that the death of each member will be noticed.
    void notice_members() noexcept {
        if (version() != seen_version_.load(std::memory_order_acquire)) [[unlikely]]
            notice_slow();
    }
    std::uint32_t version() const noexcept;
    /// How many processes share it, and how many of them died.
    unsigned members() const noexcept;
    unsigned deaths() const noexcept;
    /// True if all others are gone, the last of them by death, and nobody is on the way.
    bool deserted() const noexcept;

    /// What this member holds.
    std::atomic<std::uint32_t>& mine(role r) noexcept;
    /// What the members hold together; with those under way.
    std::uint32_t all(role r) const noexcept;
    void kick() noexcept;

    /// Holds a lock for a few instructions. An owner that died is found out here and now.
    class hold {
    public:
        hold(segment& s, unsigned lock) noexcept : hold(s, s.lock(lock), s.me_) {}
        hold(segment& s, lock_word w, member_id me) noexcept : word_(w) {
            if (!word_.try_take(me)) [[unlikely]]
                after_death_ = s.take_slow(word_, me);
        }
        hold(const hold&) = delete;
        hold& operator=(const hold&) = delete;
        ~hold() { word_.release(); }
        /// What it guards may be half done.
        bool after_death() const noexcept { return after_death_; }

    private:
        lock_word word_;
        bool after_death_ = false;
    };

private:
    friend class segment_registry;
    segment(int memory, std::size_t bytes, const shape& s);
    ~segment();
    segment(const segment&) = delete;

    futex::word& word(unsigned i) noexcept { return *reinterpret_cast<futex::word*>(words_ + i * word_stride); }
    segment_head& head() noexcept { return *head_; }
    void join();
    void leave() noexcept;
    lock_word census() noexcept;
    bool take_slow(lock_word w, member_id me) noexcept;
    void bury_if_dead(lock_word w) noexcept;
    void bury(const ring::process_identity& dead) noexcept;
    void bury(member_id dead) noexcept;
    void notice_slow() noexcept;

    ring::descriptor memory_;
    std::size_t bytes_;
    static constexpr std::size_t word_stride = 64;
    segment_head* head_ = nullptr;
    std::byte* words_ = nullptr;
    std::byte* payload_ = nullptr;
    std::uint32_t locks_, bells_;
    member_id me_ = 0;
    std::atomic<std::uint32_t> seen_version_{0};
    std::atomic<unsigned> refs_{1};
};

/// Is a counted reference to a segment.
class segment_ref {
public:
    segment_ref() noexcept = default;
    explicit segment_ref(segment* taken) noexcept : s_(taken) {}
    segment_ref(segment_ref&& other) noexcept : s_(std::exchange(other.s_, nullptr)) {}
    segment_ref& operator=(segment_ref&& other) noexcept {
        if (this != &other) {
            reset();
            s_ = std::exchange(other.s_, nullptr);
        }
        return *this;
    }
    ~segment_ref() { reset(); }
    void reset() noexcept {
        if (s_ != nullptr) std::exchange(s_, nullptr)->drop();
    }
    segment_ref copy() const noexcept {
        if (s_ != nullptr) s_->keep();
        return segment_ref(s_);
    }
    segment* operator->() const noexcept { return s_; }
    segment& operator*() const noexcept { return *s_; }
    explicit operator bool() const noexcept { return s_ != nullptr; }

private:
    segment* s_ = nullptr;
};

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#include <coil/process/segment.hpp>

#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/segment_head.hpp>
#include <coil/process/segment_registry.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/ring/call.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/shared_pages.hpp>
#include <coil/runtime/ring/tick.hpp>

#include <array>
#include <cerrno>
#include <chrono>

namespace coil::process {

namespace pages = ring::shared_pages;

namespace {

constexpr std::uint64_t magic = 0x636f696c'73656732;  // changes with the layout
constexpr int spins = 200;
constexpr auto patience = std::chrono::milliseconds(2);

static_assert(sizeof(segment_head) <= payload_offset);

ring::process_identity identity_of(const segment_member& m) noexcept {
    return {.pid = m.pid.load(std::memory_order_relaxed),
            .space = m.space.load(std::memory_order_relaxed),
            .started = m.started.load(std::memory_order_relaxed)};
}

member_id pid_here() noexcept {
    return ring::this_process().pid & lock_word::owner_mask;
}

}  // namespace

// ---- making and finding

segment::segment(int memory, std::size_t bytes, const shape& s)
    : memory_(memory), bytes_(bytes), locks_(s.locks), bells_(s.bells) {
    void* const at = pages::map(memory, bytes, true);
    if (at == nullptr) throw_errno(errno, "map shared memory", s.name);
    head_ = static_cast<segment_head*>(at);
    static_assert(sizeof(segment_word) == word_stride);
    words_ = reinterpret_cast<std::byte*>(&head_->words);
    payload_ = static_cast<std::byte*>(at) + payload_offset;
}

segment::~segment() {
    if (head_ != nullptr) pages::unmap(head_, bytes_);
}

segment* segment::make(const shape& s, roles has) {
    ring::end_watch::of_process();  // refuses in a forked child
    const std::size_t bytes = payload_offset + s.payload;
    const long memory = bytes < s.payload ? -ENOMEM : pages::make(s.name, bytes);
    if (memory < 0) throw_errno(static_cast<int>(-memory), "share memory", s.name);
    struct guard {
        segment* s;
        ~guard() { delete s; }
    } made{new segment(static_cast<int>(memory), bytes, s)};
    segment_head& h = made.s->head();
    segment_registry& all = segment_registry::of_process();
    h.name_of_pid = ring::this_process().pid;
    h.name_of_start = ring::this_process().started;
    h.name_of_count = all.next_number();
    h.space = ring::this_process().space;
    h.bytes = bytes;
    h.kind = s.kind;
    h.detail = s.detail;
    h.locks = s.locks;
    h.bells = s.bells;
    h.magic = magic;
    all.add(*made.s);
    made.s->take_up(has);
    return std::exchange(made.s, nullptr);
}

segment* segment::attach(decoder& from, const shape& s, roles has) {
    ring::descriptor memory = from.owned_descriptor();
    const bool travelled = from.value<std::uint8_t>() != 0;
    // Held until this process is counted as a member: its end tells the sender that the object has arrived, or is lost.
    const ring::descriptor on_the_way = travelled ? from.owned_descriptor() : ring::descriptor();
    ring::end_watch::of_process();
    const std::int64_t size = pages::size(memory.number());
    if (size < static_cast<std::int64_t>(payload_offset)) throw_errno(EBADMSG, "decode", s.name);
    const auto bytes = static_cast<std::size_t>(size);
    struct guard {
        segment* s;
        ~guard() { delete s; }
    } made{new segment(memory.release(), bytes, s)};
    const segment_head& h = made.s->head();
    if (h.magic != magic || h.bytes != bytes || h.kind != s.kind || h.detail != s.detail || h.locks != s.locks ||
        h.bells != s.bells)
        throw_errno(EBADMSG, "decode", s.name);
    segment* const known = segment_registry::of_process().find_or_add(*made.s);
    if (known == made.s) made.s = nullptr;
    known->take_up(has);
    return known;
}

void segment::encode(encoder& to, roles has) {
    to.descriptor(memory_.number());
    to.value(static_cast<std::uint8_t>(has != no_role));
    if (has == no_role) return;
    std::array<int, 2> ends{};
    if (const long r = ring::call_here(ring::call::pipe(ends.data())); r < 0)
        throw_errno(static_cast<int>(-r), "pass an object of several processes");
    const ring::descriptor writing(ends[1]);
    ring::descriptor reading(ends[0]);
    to.descriptor(writing.number());
    // counted before the other side can arrive, and until nobody holds the writing end
    segment_registry::of_process().departs(*this, has, std::move(reading));
}

void segment::take_up(roles has) noexcept {
    for (unsigned r = 0; r < permits; ++r)
        if ((has & 1U << r) != 0) mine(static_cast<role>(r)).fetch_add(1, std::memory_order_seq_cst);
}
void segment::lay_down(roles has) noexcept {
    for (unsigned r = 0; r < permits; ++r)
        if ((has & 1U << r) != 0) mine(static_cast<role>(r)).fetch_sub(1, std::memory_order_seq_cst);
    for (unsigned i = 0; i < bells_; ++i)
        signal(i).ring_all();
}

void segment::drop() noexcept {
    segment_registry::of_process().drop(*this);
}

// ---- members

std::uint32_t segment::version() const noexcept {
    return head_->version.load(std::memory_order_acquire);
}
std::size_t segment::payload_size() const noexcept {
    return bytes_ - payload_offset;
}
unsigned segment::deaths() const noexcept {
    return head_->deaths.load(std::memory_order_relaxed);
}
bool segment::deserted() const noexcept {
    return head_->deserted.load(std::memory_order_acquire) != 0;
}
std::atomic<std::uint32_t>& segment::mine(role r) noexcept {
    return head_->members[me_ & 0xff].counts[r];
}

unsigned segment::members() const noexcept {
    unsigned n = 0;
    for (const segment_member& m : head_->members)
        n += m.id.load(std::memory_order_acquire) != 0;
    return n;
}

std::uint32_t segment::all(role r) const noexcept {
    std::uint32_t n = 0;
    const unsigned top = head_->top.load(std::memory_order_acquire);
    for (unsigned i = 0; i < top; ++i) {
        const segment_member& m = head_->members[i];
        if (m.id.load(std::memory_order_acquire) == 0) continue;
        n += m.counts[r].load(std::memory_order_seq_cst);
        if (r < travelling) n += m.counts[r + travelling].load(std::memory_order_seq_cst);
    }
    return n;
}

void segment::join() {
    const hold inside(*this, census(), pid_here());
    for (unsigned i = 0; i < most_members; ++i) {
        segment_member& m = head_->members[i];
        if (m.id.load(std::memory_order_relaxed) != 0) continue;
        const ring::process_identity& self = ring::this_process();
        m.pid.store(self.pid, std::memory_order_relaxed);
        m.space.store(self.space, std::memory_order_relaxed);
        m.started.store(self.started, std::memory_order_relaxed);
        for (auto& c : m.counts)
            c.store(0, std::memory_order_relaxed);
        m.turn = (m.turn + 1) & 0xfffff;
        if (m.turn == 0) m.turn = 1;
        me_ = m.turn << 8 | i;
        if (head_->top.load(std::memory_order_relaxed) <= i) head_->top.store(i + 1, std::memory_order_release);
        m.id.store(me_, std::memory_order_release);
        head_->deserted.store(0, std::memory_order_relaxed);
        head_->version.fetch_add(1, std::memory_order_seq_cst);
        return;
    }
    throw_errno(EUSERS, "share an object with more than 256 processes");
}

void segment::leave() noexcept {
    for (unsigned i = 0; i < locks_; ++i)
        lock(i).bury(me_);  // who leaves inside has left it half done
    {
        const hold inside(*this, census(), pid_here());
        head_->members[me_ & 0xff].id.store(0, std::memory_order_release);
        head_->version.fetch_add(1, std::memory_order_seq_cst);
    }
    kick();
}

void segment::kick() noexcept {
    for (unsigned i = 0; i < locks_; ++i)
        lock(i).kick();
    for (unsigned i = 0; i < bells_; ++i)
        signal(i).ring_all();
}

// ---- deaths

lock_word segment::census() noexcept {
    return lock_word(head_->census);
}

bool segment::take_slow(lock_word w, member_id me) noexcept {
    for (int i = 0; i < spins; ++i) {
        if (w.try_take(me)) return false;
        relax();
    }
    for (bool slept = false;; slept = true) {
        std::uint32_t seen = 0;
        const auto answer = w.take(me, true, slept, seen);
        if (answer == lock_word::answer::taken) return false;
        if (answer == lock_word::answer::taken_after_death) return true;
        if (futex::wait(w.word(), seen, ring::time_of(ring::read_tick()) + patience) == futex::woken::late)
            bury_if_dead(w);
    }
}

// The census is held under the number of a process: who joins has no other name yet.
void segment::bury_if_dead(lock_word w) noexcept {
    const member_id owner = w.owner();
    if (owner == 0) return;
    if (&w.word() == &head_->census) {
        if (ring::has_ended({.pid = owner, .space = head_->space})) w.bury(owner);
        return;
    }
    const segment_member& m = head_->members[owner & 0xff];
    const bool is_member = m.id.load(std::memory_order_acquire) == owner;
    const ring::process_identity who = identity_of(m);
    if (!is_member || m.id.load(std::memory_order_acquire) != owner) w.bury(owner);  // buried already, but for this
    else if (ring::has_ended(who)) w.bury(owner);
}

void segment::bury(const ring::process_identity& dead) noexcept {
    for (const segment_member& m : head_->members) {
        const member_id id = m.id.load(std::memory_order_acquire);
        if (id != 0 && id != me_ && identity_of(m) == dead) bury(id);
    }
}

// Each of the others does this, at the same time; what is done twice changes nothing, for the name does not come again.
void segment::bury(member_id dead) noexcept {
    {
        const hold inside(*this, census(), pid_here());
        segment_member& m = head_->members[dead & 0xff];
        if (m.id.load(std::memory_order_relaxed) == dead) {
            head_->deaths.fetch_add(1, std::memory_order_relaxed);
            m.id.store(0, std::memory_order_release);
            const bool alone = members() <= 1 && all(writer) + all(reader) == mine(writer) + mine(reader);
            head_->deserted.store(alone ? 1 : 0, std::memory_order_seq_cst);
            head_->version.fetch_add(1, std::memory_order_seq_cst);
        }
    }
    // after its entry is gone: who mends sees what is left
    for (unsigned i = 0; i < locks_; ++i)
        lock(i).bury(dead);
    kick();
}

void segment::notice_slow() noexcept {
    const std::uint32_t now = version();
    for (const segment_member& m : head_->members) {
        const member_id id = m.id.load(std::memory_order_acquire);
        if (id == 0 || id == me_) continue;
        const ring::process_identity who = identity_of(m);
        if (m.id.load(std::memory_order_acquire) == id) segment_registry::of_process().watch(who);
    }
    seen_version_.store(now, std::memory_order_release);
}

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/fiber/fiber_stack.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/pages.hpp>
#include <coil/runtime/fiber/stack_life.hpp>

#include <boost/context/detail/fcontext.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace coil {

bool fiber_stack::is_guard(const void* address) const noexcept {
    const auto* a = static_cast<const std::byte*>(address);
    return a < lowest && lowest - a <= static_cast<std::ptrdiff_t>(fiber_stacks::guard_bytes);
}

namespace fiber_stacks {

namespace {

#if defined(COIL_ASAN) || defined(COIL_TSAN)
constexpr std::size_t watched_factor = 4;  // frames are larger where a sanitizer watches them
#else
constexpr std::size_t watched_factor = 1;
#endif
// Touched memory of a stack that leaves its thread: so much of it stays.
constexpr std::size_t stays_bytes = std::size_t{32} << 10;

struct shelf {
    fiber_stack* head = nullptr;
    unsigned count = 0;

    void push(fiber_stack& s) noexcept {
        s.next = head;
        head = &s;
        ++count;
    }
    fiber_stack* pop() noexcept {
        fiber_stack* const s = head;
        if (s) {
            head = s->next;
            --count;
        }
        return s;
    }
};

constinit thread_local shelf mine[classes] = {};
constinit thread_local bool exiting = false;

std::atomic<std::uint64_t> mapped{0}, unmapped{0};

// What all threads share. Never destroyed: threads may outlive main.
struct store {
    std::mutex lock;
    shelf shelves[classes];
    unsigned count = 0;
};
store& everybodys() {
    static store* const s = new store;
    return *s;
}

fiber_stack& map(unsigned size_class) {
    const std::size_t bytes = bytes_of(size_class);
    void* const lowest = pages::map_guarded(bytes, guard_bytes);
    if (!lowest) throw_errno(errno, "no memory for the stack of a fiber:", std::to_string(bytes) + " bytes");
    const std::size_t head = (sizeof(fiber_stack) + 63) / 64 * 64;
    auto* const s = ::new (static_cast<std::byte*>(lowest) + bytes - head) fiber_stack;
    s->lowest = static_cast<std::byte*>(lowest);
    s->size_class = size_class;
    s->context = boost::context::detail::make_fcontext(s->top(), bytes - head, &fiber_life::run);
    switch_watch::forbid(s->lowest, s->context);
    mapped.fetch_add(1, std::memory_order_relaxed);
    return *s;
}

void unmap(fiber_stack& s) noexcept {
    std::byte* const lowest = s.lowest;
    const std::size_t bytes = bytes_of(s.size_class);
    std::destroy_at(&s);
    switch_watch::allow(lowest, lowest + bytes);
    pages::unmap_guarded(lowest, bytes, guard_bytes);
    unmapped.fetch_add(1, std::memory_order_relaxed);
}

// Down to `left` of a class go from this thread to all; what those do not want is unmapped.
void give_up(unsigned size_class, unsigned left) noexcept {
    // the ones that were used last stay
    shelf staying, leaving = std::exchange(mine[size_class], {});
    while (staying.count != left)
        staying.push(*leaving.pop());
    while (fiber_stack* s = staying.pop())
        mine[size_class].push(*s);
    for (fiber_stack* s = leaving.head; s; s = s->next)
        if (const std::size_t bytes = bytes_of(size_class); bytes > stays_bytes) pages::forget(s->lowest, bytes - stays_bytes);
    {
        store& all = everybodys();
        const std::scoped_lock guard(all.lock);
        while (leaving.count != 0 && all.count < kept_by_all) {
            all.shelves[size_class].push(*leaving.pop());
            ++all.count;
        }
    }
    while (fiber_stack* s = leaving.pop())
        unmap(*s);
}

struct give_up_at_exit {
    give_up_at_exit() noexcept = default;
    ~give_up_at_exit() {
        exiting = true;
        for (unsigned i = 0; i != classes; ++i)
            give_up(i, 0);
    }
    void touch() const noexcept {}
};
thread_local give_up_at_exit at_exit;

[[gnu::noinline]] fiber_stack& take_elsewhere(unsigned size_class) {
    at_exit.touch();
    {
        store& all = everybodys();
        const std::scoped_lock guard(all.lock);
        shelf& from = all.shelves[size_class];
        for (unsigned i = 0; i != moved_at_once && from.head; ++i, --all.count)
            mine[size_class].push(*from.pop());
    }
    if (fiber_stack* s = mine[size_class].pop()) return *s;
    return map(size_class);
}

}  // namespace

unsigned class_of(std::uint64_t bytes, place where) {
    if (bytes > most_bytes)
        bad_argument("fiber: a stack of " + std::to_string(bytes) + " bytes; at most " + std::to_string(most_bytes) +
                         " make sense",
                     where);
    const std::uint64_t wanted = std::max<std::uint64_t>(bytes, least_bytes);
    return static_cast<unsigned>(std::bit_width(wanted - 1) - std::bit_width(least_bytes - 1));
}

std::size_t bytes_of(unsigned size_class) noexcept {
    return (least_bytes << size_class) * watched_factor;
}

fiber_stack& take(unsigned size_class) {
    fiber_stack* s = mine[size_class].pop();
    if (!s) [[unlikely]]
        s = &take_elsewhere(size_class);
    switch_watch::allow(s->lowest, s->context);
    return *s;
}

void give(fiber_stack& s) noexcept {
    switch_watch::forbid(s.lowest, s.context);
    shelf& here = mine[s.size_class];
    here.push(s);
    if (here.count > kept_by_a_thread || exiting) [[unlikely]]
        give_up(s.size_class, exiting ? 0 : kept_by_a_thread - moved_at_once);
}

counters statistics() noexcept {
    return {mapped.load(std::memory_order_relaxed), unmapped.load(std::memory_order_relaxed)};
}

}  // namespace fiber_stacks
}  // namespace coil

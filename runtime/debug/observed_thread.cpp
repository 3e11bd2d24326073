// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/observed_thread.hpp>

#include <coil/runtime/debug/trace_file.hpp>
#include <coil/runtime/debug/trace_event.hpp>

#include <pthread.h>
#include <unistd.h>
#include <algorithm>
#include <cstring>
#include <new>

namespace coil::debug {

namespace {

constexpr std::size_t trace_buffer = 32 * 1024;

// Never destroyed: threads end after everything else.
struct thread_list {
    std::mutex lock;
    std::vector<observed_thread*> known;
    std::vector<observed_thread*> left;  // by threads that have ended
};
thread_list& threads() {
    static auto* const of_process = new thread_list;
    return *of_process;
}

}  // namespace

struct thread_exit {
    observed_thread* mine = nullptr;
    ~thread_exit() {
        if (mine == nullptr) return;
        mine->flush();
        mine->ends();
        const std::scoped_lock guard(threads().lock);
        threads().left.push_back(mine);  // there is room: it was made when the object was
    }
};

namespace {
thread_local thread_exit this_exit;
}

observed_thread* observed_thread::mine() noexcept {
    if (this_exit.mine == nullptr) [[unlikely]]
        this_exit.mine = make();
    return this_exit.mine;
}

observed_thread* observed_thread::make() noexcept {
    try {
        observed_thread* t = nullptr;
        {
            const std::scoped_lock guard(threads().lock);
            if (!threads().left.empty()) {
                t = threads().left.back();
                threads().left.pop_back();
            }
        }
        if (t == nullptr) {
            t = new observed_thread;
            const std::scoped_lock guard(threads().lock);
            threads().known.push_back(t);
            threads().left.reserve(threads().known.size());
        }
        t->belongs_to_this_thread();
        return t;
    } catch (...) {
        return nullptr;
    }
}

void observed_thread::belongs_to_this_thread() {
    const std::scoped_lock guard(lock_);
    number_ = ::gettid();
    char name[16] = "";
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    thread_name_ = number_ == ::getpid() ? "main" : name;
    last_over_ = time_point();
    named_in_ = 0;
}

std::vector<observed_thread*> observed_thread::all() {
    const std::scoped_lock guard(threads().lock);
    return threads().known;
}

void observed_thread::begins(std::uint64_t tick, std::uint64_t task, std::string_view name, const place& spawned,
                             const place& from) noexcept {
    std::array<std::uint64_t, name_words> words{};
    if (!name.empty()) std::memcpy(words.data(), name.data(), std::min(name.size(), sizeof words - 1));
    // release: who reads one of these finds begun_ to be 0, or what is stored last
    begun_.store(0, std::memory_order_relaxed);
    task_.store(task, std::memory_order_release);
    spawned_.store(spawned, std::memory_order_release);
    from_.store(from, std::memory_order_release);
    for (std::size_t i = 0; i != name_words; ++i)
        name_[i].store(words[i], std::memory_order_release);
    begun_.store(tick, std::memory_order_release);
}

observed_thread::activity observed_thread::doing() const {
    activity a;
    const std::uint64_t tick = begun_.load(std::memory_order_acquire);
    if (tick == 0) return a;
    a.task = task_.load(std::memory_order_acquire);
    a.spawned = spawned_.load(std::memory_order_acquire);
    a.from = from_.load(std::memory_order_acquire);
    std::array<std::uint64_t, name_words> words;
    for (std::size_t i = 0; i != name_words; ++i)
        words[i] = name_[i].load(std::memory_order_acquire);
    if (begun_.load(std::memory_order_relaxed) != tick) return {};
    const char* const name = reinterpret_cast<const char*>(words.data());
    a.name.assign(name, ::strnlen(name, sizeof words));
    a.tick = tick;
    return a;
}

void observed_thread::record(stint& s) noexcept {
    const std::scoped_lock guard(lock_);
    if (!the_trace().is_open()) return;
    s.begin = std::max(s.begin, last_over_);
    s.over = std::max(s.over, s.begin);
    last_over_ = s.over;
    try {
        const int process = ::getpid();
        if (const unsigned trace = the_trace().number(); named_in_ != trace) {
            make_room();
            append_thread_name(events_, thread_name_, process, number_);
            named_in_ = trace;
        }
        make_room();
        append_slice(events_, s, process, number_);
    } catch (const std::bad_alloc&) {
        // the slice is missing; the memory of the next one may be there
    }
}

void observed_thread::flush() noexcept {
    const std::scoped_lock guard(lock_);
    write_out();
}

// For one more event.
void observed_thread::make_room() {
    if (events_.capacity() < trace_buffer) events_.reserve(trace_buffer);
    if (events_.size() + longest_event > trace_buffer) write_out();
}

void observed_thread::write_out() noexcept {
    the_trace().write(events_);
    events_.clear();
}

std::string observed_thread::name() const {
    const std::scoped_lock guard(lock_);
    return thread_name_;
}

}  // namespace coil::debug

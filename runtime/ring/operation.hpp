// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>

struct io_uring_sqe;

namespace coil::ring {

class descriptor;
class descriptor_slot;
class operation;
class ring;
class try_history;
struct io_home;

/// What an operation needs a descriptor for: one reader and one writer at a time, and any number of others.
enum class purpose : std::uint8_t { other, reading, writing };

/// When a call that does not wait is tried before an entry is submitted. Off the loop it saves two hops; on the loop it
/// pays only where the answer is usually there at once (a file in memory).
enum class trial : std::uint8_t { never, off_loop, always };

/// Is what a kind of operation can do; one constant table per kind.
struct operation_table : wait_table {
    const char* name;  // "recv"
    purpose need;
    trial first;
    /// Fills an entry, all but its user_data. On the loop's thread.
    void (*prepare)(operation&, const ring&, io_uring_sqe&) noexcept;
    /// Tries without waiting, by `ring::now`; -EAGAIN if it would wait. Null with `trial::never`.
    long (*attempt)(operation&, ring&) noexcept;
    /// Looks at the result of an entry, on the loop's thread: true if the operation needs a further entry, which `prepare`
    /// then fills. If it was stopped meanwhile, or its descriptor closed, it ends with -ECANCELED instead. May be null.
    bool (*goes_on)(operation&, int result) noexcept;
    /// What -EINTR means: the entry is given again, unless it has to end with that (what it began cannot begin anew).
    bool ends_interrupted = false;
};

/// Is one entry in the hands of a ring, and the branch that waits for its completion; its address is the user_data.
/// It is submitted on suspension, completes exactly once, and the frame it lies in lives until then: a stop asks the
/// kernel to cancel and waits on. If it had completed anyway, its result wins. A kind of operation may need several
/// entries, one after another; they are given without a way home in between.
/// Completes: at the home of the branch, with the entry's result: a count or descriptor, or a negative errno as a value.
/// Errors: `std::logic_error` for a second reader or writer of a descriptor. -EBADF where the descriptor was closed
/// before, -ECANCELED where it was closed meanwhile.
/// Cancel: throws `cancelled` if stopped before it began, or if the kernel could still cancel it.
/// Threads: awaited anywhere; entries are taken, cancelled and reaped on the thread of one loop.
/// Lifetime: what it points to lives until it is awaited.
/// Cost: no allocation; a branch that is not on the loop posts to it and is posted back.
class operation : public wait {
public:
    operation(operation&& other) noexcept;
    operation& operator=(operation&&) = delete;

    bool await_ready() {
        if (refused()) return true;
        return kind().first != trial::never && attempt() && !gives_way();
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
    int await_resume() { return result(); }

    const char* name() const noexcept { return kind().name; }

protected:
    operation(const operation_table& kind, int fd, place where) noexcept : wait(kind), fd_(fd), where_(where) {}
    operation(const operation_table& kind, descriptor& d, place where) noexcept;
    ~operation() {
        if (is_on_slot() || oddities_ != 0) [[unlikely]]
            let_go();
    }

    static constexpr operation_table kind(const char* name, purpose need, trial first,
                                          void (*prepare)(operation&, const ring&, io_uring_sqe&) noexcept,
                                          long (*attempt)(operation&, ring&) noexcept = nullptr,
                                          bool (*goes_on)(operation&, int) noexcept = nullptr,
                                          bool ends_interrupted = false) {
        return {{&stop, &where_stopped, &describe_it}, name, need, first, prepare, attempt, goes_on, ends_interrupted};
    }

    /// Leaves the wait and yields the completion's result, or throws as `await_resume` is said to.
    int result();
    int fd() const noexcept { return fd_; }
    /// The ring that the operation lies on, for `prepare` and `goes_on`.
    ring& entries() const noexcept;
    /// The IORING_CQE_F_ flags of the completion.
    std::uint32_t flags() const noexcept { return flags_; }
    /// The name of its descriptor, for the text of an error: after a result of zero or less it is there although the
    /// descriptor may be gone.
    std::span<const std::byte> name_of_descriptor() const noexcept;
    /// Ends what has not begun, and would be no use: the result stands. For `await_ready`; yields true.
    bool refuse(int error) noexcept;

    // What a kind keeps of a completion, without room of its own.
    void set_result(std::int32_t res) noexcept { res_ = res; }
    void set_flags(std::uint32_t flags) noexcept { flags_ = flags; }
    static constexpr std::uint8_t of_kind = 16, second_of_kind = 32;
    bool is_odd(std::uint8_t what) const noexcept { return (oddities_ & what) != 0; }
    void mark(std::uint8_t what) noexcept { oddities_ = static_cast<std::uint8_t>(oddities_ | what); }
    void unmark(std::uint8_t what) noexcept { oddities_ = static_cast<std::uint8_t>(oddities_ & ~what); }
    /// A pointer that lives from a try, or a completion, on that brought something; with a mark of the kind's beside it.
    void keep(void* what) noexcept { kept_ = what; }
    void* kept() const noexcept { return kept_; }

private:
    friend class descriptor_slot;
    friend class close_operation;
    friend unsigned deliver(ring& r);

    // The life of the entry. Only the loop's thread moves it on, once the wait is entered.
    //   idle       none given yet
    //   in_flight  in the hands of the ring
    //   cancelling in flight, and the ring was asked to cancel it
    //   done       completed, or never given: the result stands
    enum class life : std::uint8_t { idle, in_flight, cancelling, done };

    bool attempt();
    try_history* history_of_reads() const noexcept;
    // What is done at once returns to its coroutine without a transfer; so that a chain of such awaits takes its turns
    // like any other, it counts as several.
    static bool gives_way() noexcept {
        constexpr std::int32_t worth = transfer_limit / 4;
        return (this_thread.transfers_left -= worth) < 0;
    }
    std::coroutine_handle<> suspend_with_care(std::coroutine_handle<> h) noexcept;
    bool find_home() noexcept;
    void give() noexcept;
    void cross() noexcept;
    void submit() noexcept;
    void give_entry() noexcept;
    void cancel() noexcept;
    void note(std::int32_t res, std::uint32_t flags) noexcept;
    bool completed(std::int32_t res, std::uint32_t flags) noexcept;
    void end() noexcept;
    void let_go() noexcept;
    void end_without_entry(int res) noexcept;
    bool is_on_slot() const noexcept { return link_on_slot_.load(std::memory_order_relaxed) != nullptr; }
    void set_link(operation** to) noexcept { link_on_slot_.store(to, std::memory_order_relaxed); }
    const operation_table& kind() const noexcept { return static_cast<const operation_table&>(table()); }

    // What rarely happens to an operation; `result` has nothing to look at while there is none of it.
    static constexpr std::uint8_t stop_wanted = 1;  // by a stop of the branch; on the loop's thread
    static constexpr std::uint8_t second = 2;       // somebody reads, or writes, the descriptor already
    static constexpr std::uint8_t no_entry = 4;     // none could be had; `problem_` says why
    static constexpr std::uint8_t holds_slot = 8;   // which is kept for its name
    void keep_problem() noexcept;
    int odd_result();

    static bool stop(wait& w) noexcept;
    static executor* where_stopped(const wait& w) noexcept;
    static void describe_it(const wait& w, std::string& text);
    static void submit_posted(job& j) noexcept;

    // Brings the operation to the loop's thread. A job resumes nobody, so its handle is free to say whose it is.
    struct crossing : job {
        explicit crossing(operation& o) noexcept : job(&submit_posted) {
            handle = std::coroutine_handle<>::from_address(&o);
        }
    };

    // What every operation uses comes first and lies close together: few stores make it, in one or two cache lines.
    std::atomic<life> life_{life::idle};
    std::uint8_t oddities_ = 0;
    int fd_;
    std::int32_t res_ = 0;
    std::uint32_t flags_ = 0;
    descriptor_slot* slot_ = nullptr;
    io_home* io_ = nullptr;
    // Written under the slot's lock; its operation looks without whether there is one, while a neighbour may put in
    // another.
    std::atomic<operation**> link_on_slot_{nullptr};
    union {
        place where_;              // lives until it is on the slot, which tells a second one's place
        operation* next_on_slot_;  // guarded by the slot's lock
    };
    union {
        crossing crossing_;           // lives from `cross` until it has arrived
        std::exception_ptr problem_;  // lives with `no_entry`: no crossing is under way then
        void* kept_;                  // likewise: before it crosses, or once it is there
    };
};

/// Reaps every completion, ends its operation and sends the branches home: to this thread's ready list, and in one batch
/// per other home. Called by the loop, on its thread. Returns how many completions there were.
unsigned deliver(ring& r);

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
#include <coil/process/rank_agent.hpp>

#include <coil/process/function.hpp>
#include <coil/process/rank_frames.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/process/worker_source.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/ring/end_watch.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <deque>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace coil::process {

namespace {

constexpr unsigned master = 0;
// Of replies that were sent and that no pool has taken yet.
constexpr std::uint64_t most_on_the_way = std::uint64_t{4} << 20;

// A worker on this machine, seen as its pool would see it.
class far_side {
public:
    far_side(std::uint32_t n, std::string name, const std::shared_ptr<ring::descriptor>& bell)
        : channel_(n),
          memory_(std::make_shared<const shared_mapping>(head_bytes, ring_bytes, bulk_bytes)),
          words_(words_in(*memory_)),
          requests_(words_.requests, memory_->ring(0), memory_->bulk(0)),
          replies_(words_.replies, memory_->ring(1), memory_->bulk(1)) {
        worker_ = this_machine().hire({.name = std::move(name),
                                       .memory = memory_,
                                       .bell = bell->number(),
                                       .gone = [end = end_, bell](int error, const child_end& how) {
                                           end->error = error;
                                           end->how = how;
                                           end->is_known.store(true, std::memory_order_release);
                                           ring_bell(bell->number());
                                       }});
    }
    ~far_side() { worker_->send(SIGKILL); }
    far_side(const far_side&) = delete;
    far_side& operator=(const far_side&) = delete;

    void ask(const message_head& head, std::vector<std::byte>&& payload) {
        if (head.what == message_head::kind::unit) {
            words_.slots[head.slot % most_units].claim.store(unit_claim::waiting, std::memory_order_relaxed);
            slots_.push_back(head.slot);
        }
        waiting_.push_back({head, std::move(payload)});
    }
    void abandon(std::uint8_t slot) noexcept {
        auto& claim = words_.slots[slot % most_units].claim;
        auto expected = unit_claim::waiting;
        if (!claim.compare_exchange_strong(expected, unit_claim::skipped, std::memory_order_acq_rel))
            claim.store(unit_claim::abandoned, std::memory_order_relaxed);
    }
    void signal(int number) noexcept {
        is_killed_ = is_killed_ || number == SIGKILL;  // its pool may not read what it says any more, so nothing waits for that
        worker_->send(number);
    }
    void taken(std::uint64_t bytes) noexcept { on_the_way_ -= std::min(bytes, on_the_way_); }
    bool anything() const noexcept {
        return (may_say() && !is_broken_ && replies_.has_more()) || requests_.can_go_on() ||
               end_->is_known.load(std::memory_order_acquire);
    }
    bool at_work() const noexcept { return !slots_.empty(); }

    // True if something has happened.
    bool go_on(rank_frame_writer& to) {
        // Asked first: what was said before the end is read below.
        const bool has_ended = end_->is_known.load(std::memory_order_acquire);
        bool moved = hand_in();
        if (!told_ && worker_->pid() > 0) {
            told_ = true;
            to.send(master, {.kind = rank_frame_kind::started, .channel = channel_, .number = worker_->pid()});
        }
        moved |= report(to);
        if (moved) wake();
        if (!has_ended || (!is_broken_ && replies_.has_more())) return moved;
        bury(to);
        return true;
    }

    void sleeps() noexcept { words_.parent_sleeps.exchange(1, std::memory_order_acq_rel); }
    bool is_over() const noexcept { return is_over_; }

private:
    struct ending {
        int error = 0;  // both written before
        child_end how;
        std::atomic<bool> is_known{false};
    };
    bool hand_in() {
        bool moved = false;
        if (requests_.can_go_on()) {
            requests_.rest();
            moved = true;
        }
        while (!requests_.has_rest() && !waiting_.empty()) {
            requests_.write(waiting_.front().first, std::move(waiting_.front().second));
            waiting_.pop_front();
            moved = true;
        }
        return moved;
    }

    bool report(rank_frame_writer& to) {
        const std::uint64_t before = replies_.position();  // pieces of a long message leave room as well
        try {
            message m;
            while (!is_broken_ && may_say() && replies_.next(m)) {
                if (m.head.what != message_head::kind::ready) completed_ += m.head.count;
                if (m.head.what == message_head::kind::unit_end && !slots_.empty()) slots_.pop_front();
                if (m.head.descriptors > 0) refuse(to, m.head);
                else say(to, m.head, m.payload);
                replies_.release();
            }
        } catch (const std::system_error& e) {
            log(std::string("a worker's messages: ") + e.what() + ": it is ended");
            is_broken_ = true;
            worker_->send(SIGKILL);
        }
        return replies_.position() != before;
    }

    void say(rank_frame_writer& to, const message_head& head, std::span<const std::byte> payload) {
        to.send(master, {.kind = rank_frame_kind::reply, .channel = channel_, .message = head}, payload);
        on_the_way_ += payload.size();
    }

    // A result with descriptors, which came alone: they mean nothing on another machine.
    void refuse(rank_frame_writer& to, message_head head) {
        (void)worker_->receive(head.descriptors);
        encoder instead;
        instead.value(result_head());
        encode_exception(instead, std::make_exception_ptr(std::invalid_argument(
                                      "a result that holds descriptors, or what processes share, stays on its machine")));
        instead.overwrite(0, result_head{.size = static_cast<std::uint32_t>(instead.message().size() - sizeof(result_head)),
                                         .failed = 1});
        head.descriptors = 0;
        say(to, head, instead.message());
    }

    // What a pool would find in the memory of a worker that has died is sent instead.
    void bury(rank_frame_writer& to) {
        const std::uint64_t unpublished = words_.unpublished.load(std::memory_order_acquire);
        const auto extra = static_cast<std::int32_t>(static_cast<std::uint32_t>(unpublished >> 32) - completed_);
        if (extra > 0 && !slots_.empty() && !is_broken_)
            say(to,
                {.what = message_head::kind::results, .slot = slots_.front(), .count = static_cast<std::uint32_t>(extra)},
                replies_.unpublished(unpublished & 0xffffffffU));
        const gone_note note{.error = end_->error,
                             .how = static_cast<std::int64_t>(end_->how.how),
                             .number = end_->how.number,
                             .begun = words_.begun.load(std::memory_order_acquire)};
        to.send(master, {.kind = rank_frame_kind::gone, .channel = channel_}, std::as_bytes(std::span(&note, 1)));
        is_over_ = true;
    }

    void wake() noexcept {
        if (words_.worker_sleeps.exchange(0, std::memory_order_acq_rel) != 0) worker_->wake();
    }

    bool may_say() const noexcept { return on_the_way_ < most_on_the_way || is_killed_; }

    const std::uint32_t channel_;
    const std::shared_ptr<ending> end_ = std::make_shared<ending>();
    const std::shared_ptr<const shared_mapping> memory_;
    channel_words& words_;
    message_writer requests_;
    message_reader replies_;
    std::shared_ptr<hired_worker> worker_;
    std::deque<std::pair<message_head, std::vector<std::byte>>> waiting_;
    std::deque<std::uint8_t> slots_;  // of units that have not ended
    std::uint64_t on_the_way_ = 0;
    std::uint32_t completed_ = 0;
    bool told_ = false;
    bool is_broken_ = false;
    bool is_killed_ = false;
    bool is_over_ = false;
};

class agent {
public:
    explicit agent(wire& w) : wire_(w), to_(w), bell_(std::make_shared<ring::descriptor>(make_bell())) {}

    int serve() {
        hello();
        std::vector<bool> readable;
        for (;;) {
            const bool moved = turn();
            if (is_over_) break;
            const time_point now = thread_now();
            if (now - said_ > time_between_beats) {
                said_ = now;
                to_.send(master, {.kind = rank_frame_kind::beat});
            }
            if (now - heard_ > longest_silence(watched_.number() >= 0)) {
                log("rank: nothing is heard of the process with the pools: this is the end");
                return 1;
            }
            bool at_work = false;
            for (const auto& [n, s] : sides_) at_work |= s->at_work();
            const nanoseconds nap = patience_.next(moved, now, at_work, wire_.is_carrying());
            if (nap.count() == 0) {
                relax();
                continue;
            }
            for (const auto& [n, s] : sides_) s->sleeps();
            bool anything = false;
            for (const auto& [n, s] : sides_) anything |= s->anything();
            if (anything) continue;
            const int both[] = {bell_->number(), watched_.number()};
            wait_for_any(std::span(both).first(watched_.number() >= 0 ? 2 : 1), readable, nap);
            if (readable[0]) drain_bell(bell_->number());
            if (readable.size() > 1 && readable[1]) return 1;  // the other end is gone, and with it everybody's work
        }
        sides_.clear();
        wire_.close(ends_together_);
        return 0;
    }

private:
    void hello() {
        const std::string host = host_name(), numbers = numbers_of_processes();
        const hello_note note{.fingerprint = function_entry::fingerprint(), .pid = ::getpid(), .host_size = host.size()};
        encoder all;
        all.value(note);
        all.bytes(std::as_bytes(std::span(host)));
        all.bytes(std::as_bytes(std::span(numbers)));
        to_.send(master, {.kind = rank_frame_kind::hello}, all.message());
        heard_ = said_ = thread_now();
    }

    bool turn() {
        bool moved = false;
        unsigned peer = 0;
        rank_frame f;
        std::vector<std::byte> piece;
        while (!is_over_ && wire_.receive(peer, piece)) {
            heard_ = thread_now();
            if (reader_.take(peer, piece, f)) take(f);
            moved |= f.head.kind != rank_frame_kind::beat;
        }
        for (auto at = sides_.begin(); at != sides_.end();) {
            moved |= at->second->go_on(to_);
            at = at->second->is_over() ? sides_.erase(at) : std::next(at);
        }
        return moved;
    }

    void take(rank_frame& f) {
        const auto found = sides_.find(f.head.channel);
        far_side* const side = found == sides_.end() ? nullptr : found->second.get();
        switch (f.head.kind) {
        case rank_frame_kind::hello: {  // the master's: who it is
            decoder from(f.payload);
            const auto note = from.value<hello_note>();
            from.view(note.host_size);
            const auto numbers = from.view(from.left());
            if (std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size()) == numbers_of_processes())
                watched_ = ring::descriptor(ring::open_process({.pid = static_cast<std::uint32_t>(note.pid)}));
            break;
        }
        case rank_frame_kind::open:
            open(f);
            break;
        case rank_frame_kind::request:
            if (side) side->ask(f.head.message, std::move(f.payload));
            break;
        case rank_frame_kind::abandon:
            if (side) side->abandon(static_cast<std::uint8_t>(f.head.number));
            break;
        case rank_frame_kind::signal:
            if (side) side->signal(static_cast<int>(f.head.number));
            break;
        case rank_frame_kind::room:
            if (side) side->taken(static_cast<std::uint64_t>(f.head.number));
            break;
        case rank_frame_kind::end:
            is_over_ = true;
            ends_together_ = f.head.number != 0;
            break;
        default:
            break;
        }
    }

    void open(const rank_frame& f) {
        try {
            std::string name(reinterpret_cast<const char*>(f.payload.data()), f.payload.size());
            sides_.emplace(f.head.channel, std::make_unique<far_side>(f.head.channel, std::move(name), bell_));
        } catch (const std::exception& e) {
            log(std::string("rank: a worker cannot be made: ") + e.what());
            const auto* const error = dynamic_cast<const std::system_error*>(&e);
            const gone_note note{.error = error && error->code().value() > 0 ? error->code().value() : ENOMEM,
                                 .how = static_cast<std::int64_t>(child_end::kind::unknown)};
            to_.send(master, {.kind = rank_frame_kind::gone, .channel = f.head.channel}, std::as_bytes(std::span(&note, 1)));
        }
    }

    wire& wire_;
    rank_frame_writer to_;
    rank_frame_reader reader_;
    const std::shared_ptr<ring::descriptor> bell_;
    ring::descriptor watched_;  // the master, if it is on this machine
    std::map<std::uint32_t, std::unique_ptr<far_side>> sides_;
    patience_of_rank patience_;
    time_point said_{}, heard_{};
    bool is_over_ = false;
    bool ends_together_ = false;
};

}  // namespace

int serve_as_rank(wire& w) {
    agent a(w);
    try {
        return a.serve();
    } catch (const std::exception& e) {
        log(std::string("rank: ") + e.what());
        return 1;
    }
}

}  // namespace coil::process

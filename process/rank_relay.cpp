// SPDX-License-Identifier: BSL-1.0
#include <coil/process/rank_relay.hpp>

#include <coil/process/function.hpp>
#include <coil/process/relay_channel.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/ring/end_watch.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <algorithm>
#include <cerrno>
#include <future>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace coil::process {

namespace {
constexpr int turns_between_looks = 256;
}

rank_relay::rank_relay(const wire_maker& make) : bell_(make_bell()) {
    std::promise<void> begun;
    auto has_begun = begun.get_future();
    thread_ = std::thread([this, make, begun = std::move(begun)]() mutable {
        machine::become_thread("coil-ranks");
        try {
            wire_ = make();
            to_ = std::make_unique<rank_frame_writer>(*wire_);
            welcome_new();
        } catch (...) {
            failed_ = std::current_exception();
        }
        const bool good = !failed_;
        begun.set_value();
        if (good) serve();
    });
    has_begun.wait();
    if (!failed_) return;
    thread_.join();
    std::rethrow_exception(std::exchange(failed_, nullptr));
}

rank_relay::~rank_relay() { end(); }

void rank_relay::end() noexcept {
    {
        const std::scoped_lock guard(lock_);
        ends_ = true;
    }
    wake();
    if (thread_.joinable()) thread_.join();
}

void rank_relay::wake() noexcept { ring_bell(bell_.number()); }

void rank_relay::post(std::function<void()> f) {
    {
        const std::scoped_lock guard(lock_);
        posted_.push_back(std::move(f));
    }
    wake();
}

std::size_t rank_relay::size() const {
    const std::scoped_lock guard(lock_);
    return static_cast<std::size_t>(std::count_if(peers_.begin(), peers_.end(), [](const peer& p) { return !p.is_lost; }));
}

std::string rank_relay::name_of(unsigned which) const {
    const std::scoped_lock guard(lock_);
    return peers_[which].text;
}

void rank_relay::grow_to(std::size_t ranks) {
    const auto grown = std::make_shared<std::promise<void>>();
    auto result = grown->get_future();
    std::exception_ptr error;  // the caller's alone once it is told
    post([&error, grown, ranks, this] {
        try {
            const std::size_t now = size();
            if (now < ranks) {
                wire_->grow(static_cast<unsigned>(ranks - now));
                welcome_new();
            }
        } catch (...) {
            error = std::current_exception();
        }
        grown->set_value();
    });
    result.get();
    if (error) std::rethrow_exception(std::move(error));
}

std::shared_ptr<hired_worker> rank_relay::hire(worker_request r) {
    std::shared_ptr<relay_channel> c;
    {
        const std::scoped_lock guard(lock_);
        peer* least = nullptr;
        for (auto& p : peers_)
            if (!p.is_lost && (!least || p.workers < least->workers)) least = &p;
        if (!least)
            throw std::runtime_error("process::pool: no rank is left that could have a worker" +
                                     (last_loss_.empty() ? std::string() : "; the last one: " + last_loss_));
        ++least->workers;
        c = std::make_shared<relay_channel>(*this, ++channels_, static_cast<unsigned>(least - peers_.data()), std::move(r));
    }
    post([this, c] {
        open_.push_back(c);
        bool is_lost = false;
        std::string why;
        {
            const std::scoped_lock guard(lock_);
            is_lost = peers_[c->peer()].is_lost;
            why = last_loss_;
        }
        if (is_lost) c->lost(why);
        else send(c->peer(), {.kind = rank_frame_kind::open, .channel = c->number()}, std::as_bytes(std::span(c->name())));
    });
    return c;
}

void rank_relay::send(unsigned to, const rank_frame_head& head, std::span<const std::byte> payload) {
    try {
        to_->send(to, head, payload);
    } catch (const std::exception& e) {
        lose(to, e.what());
    }
}

void rank_relay::signal(const relay_channel& c, int number) {
    send(c.peer(), {.kind = rank_frame_kind::signal, .channel = c.number(), .number = number});
}
void rank_relay::abandon(const relay_channel& c, std::uint8_t slot) {
    send(c.peer(), {.kind = rank_frame_kind::abandon, .channel = c.number(), .number = slot});
}
void rank_relay::room(const relay_channel& c, std::int64_t bytes) {
    send(c.peer(), {.kind = rank_frame_kind::room, .channel = c.number(), .number = bytes});
}
void rank_relay::request(const relay_channel& c, const message& m) {
    message_head head = m.head;
    head.goes_on = head.in_bulk = false;  // that was how it lay in the ring
    send(c.peer(), {.kind = rank_frame_kind::request, .channel = c.number(), .message = head}, m.payload);
}

void rank_relay::welcome_new() {
    const std::string host = host_name(), numbers = numbers_of_processes();
    const hello_note note{.pid = ::getpid(), .host_size = host.size()};
    encoder all;
    all.value(note);
    all.bytes(std::as_bytes(std::span(host)));
    all.bytes(std::as_bytes(std::span(numbers)));
    unsigned first = 0;
    {
        const std::scoped_lock guard(lock_);
        first = static_cast<unsigned>(peers_.size());
        while (peers_.size() < wire_->size()) {
            peer p;
            p.text = wire_->name_of(static_cast<unsigned>(peers_.size()));
            p.heard = thread_now();
            peers_.push_back(std::move(p));
        }
    }
    for (unsigned i = first; i < wire_->size(); ++i) send(i, {.kind = rank_frame_kind::hello}, all.message());
}

void rank_relay::serve() {
    int turns = 0;
    for (;;) {
        const bool moved = turn();
        {
            const std::scoped_lock guard(lock_);
            if (ends_) break;
        }
        const time_point now = thread_now();
        if (now - beat_ > time_between_beats) {
            beat_ = now;
            for (unsigned i = 0; i < peers_.size(); ++i)
                if (!peers_[i].is_lost) send(i, {.kind = rank_frame_kind::beat});
            look_for_the_lost(now);
        }
        bool expects = false;
        for (const auto& c : open_) expects |= c->at_work();
        const nanoseconds most = patience_.next(moved, now, expects, wire_->is_carrying());
        if (most.count() > 0) nap(most);
        else if (++turns % turns_between_looks == 0) nap(nanoseconds(0));  // to see who has ended
        else relax();
    }
    end_all();
}

bool rank_relay::turn() {
    std::vector<std::function<void()>> posted;
    {
        const std::scoped_lock guard(lock_);
        posted.swap(posted_);
    }
    for (const auto& f : posted) f();
    bool moved = !posted.empty();
    unsigned from = 0;
    rank_frame f;
    std::vector<std::byte> piece;
    while (wire_->receive(from, piece)) {
        peers_[from].heard = thread_now();
        if (peers_[from].is_lost) continue;
        try {
            if (reader_.take(from, piece, f)) take(from, f);
        } catch (const std::exception& e) {
            lose(from, e.what());
        }
        moved |= f.head.kind != rank_frame_kind::beat;
    }
    const time_point now = thread_now();
    for (std::size_t i = 0; i < open_.size(); ++i) {
        const auto c = open_[i];
        try {
            moved |= c->go_on(now);
        } catch (const std::exception& e) {
            c->lost(e.what());
        }
    }
    std::erase_if(open_, [&](const auto& c) {
        if (!c->is_over()) return false;
        const std::scoped_lock guard(lock_);
        --peers_[c->peer()].workers;
        return true;
    });
    return moved;
}

void rank_relay::take(unsigned from, rank_frame& f) {
    if (f.head.kind == rank_frame_kind::hello) {
        hello(from, f);
        return;
    }
    const auto at = std::find_if(open_.begin(), open_.end(), [&](const auto& c) { return c->number() == f.head.channel; });
    if (at == open_.end() || (*at)->peer() != from) return;
    if (f.head.kind == rank_frame_kind::started) {
        (*at)->started(static_cast<int>(f.head.number));
    } else if (f.head.kind == rank_frame_kind::reply) {
        (*at)->replied(f, thread_now());
    } else if (f.head.kind == rank_frame_kind::gone) {
        decoder note(f.payload);
        (*at)->gone(note.value<gone_note>());
    }
}

void rank_relay::hello(unsigned from, const rank_frame& f) {
    decoder d(f.payload);
    const auto note = d.value<hello_note>();
    const auto host = d.view(note.host_size);
    const auto numbers = d.view(d.left());
    const auto text = [](std::span<const std::byte> b) { return std::string(reinterpret_cast<const char*>(b.data()), b.size()); };
    peer& p = peers_[from];
    {
        const std::scoped_lock guard(lock_);
        p.text += " (pid " + std::to_string(note.pid) + " on " + text(host) + ")";
    }
    if (note.fingerprint != function_entry::fingerprint()) {
        lose(from, "runs another build of this program");
        return;
    }
    if (text(numbers) != numbers_of_processes()) return;
    p.same_machine = true;
    p.watched = ring::descriptor(ring::open_process({.pid = static_cast<std::uint32_t>(note.pid)}));
    if (p.watched.number() < 0) lose(from, "has died");
}

void rank_relay::look_for_the_lost(time_point now) {
    for (unsigned i = 0; i < peers_.size(); ++i)
        if (!peers_[i].is_lost && now - peers_[i].heard > longest_silence(peers_[i].same_machine))
            lose(i, "has said nothing for too long");
}

void rank_relay::lose(unsigned which, const std::string& why) {
    std::string text;
    {
        const std::scoped_lock guard(lock_);
        peer& p = peers_[which];
        if (p.is_lost) return;
        p.is_lost = true;
        text = last_loss_ = p.text + " " + why;
    }
    log("process::pool: " + text + ": its workers are lost");
    peers_[which].watched.reset();
    wire_->give_up(which);
    for (const auto& c : open_)
        if (c->peer() == which) c->lost(text);
}

void rank_relay::nap(nanoseconds most) {
    if (most.count() > 0) {
        for (const auto& c : open_) c->sleeps();
        for (const auto& c : open_)
            if (c->anything()) return;
    }
    std::vector<int> watched{bell_.number()};
    std::vector<unsigned> whose{0};
    for (unsigned i = 0; i < peers_.size(); ++i)
        if (peers_[i].watched.number() >= 0) {
            watched.push_back(peers_[i].watched.number());
            whose.push_back(i);
        }
    std::vector<bool> readable;
    wait_for_any(watched, readable, most);
    if (readable[0]) drain_bell(bell_.number());
    for (std::size_t i = 1; i < readable.size(); ++i)
        if (readable[i]) lose(whose[i], "has died");
}

void rank_relay::end_all() noexcept {
    bool everybody = true;
    for (const peer& p : peers_) everybody = everybody && !p.is_lost;
    for (unsigned i = 0; i < peers_.size(); ++i) {
        if (peers_[i].is_lost) continue;
        try {
            to_->send(i, {.kind = rank_frame_kind::end, .number = everybody ? 1 : 0});
        } catch (...) {
            wire_->give_up(i);
        }
    }
    wire_->close(everybody);
    for (const auto& c : open_) c->drop();
    open_.clear();
}

}  // namespace coil::process

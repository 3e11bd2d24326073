// SPDX-License-Identifier: BSL-1.0
#include <coil/process/manager_connection.hpp>

#include <coil/process/manager_frames.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/unix_stream.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace coil::process {

/// Is one socket, and the line of those who want to use it.
class manager_line {
public:
    manager_line(net::unix_stream s, ring::descriptor i, std::vector<std::byte> o)
        : stream(std::move(s)), introductions(std::move(i)), opening(std::move(o)) {}

    net::unix_stream stream;
    frame_reader answers;
    ring::descriptor introductions;
    std::vector<std::byte> opening;
    bool opened = false;

    // One request at a time, in the order in which they were made.
    task<> enter() {
        bool waits = true;
        {
            const std::scoped_lock guard(lock_);
            if (!busy_) waits = !(busy_ = true);
        }
        if (!waits) co_return;
        bool stopped = false;
        try {
            co_await from_callback<void>([&](resolver<void> r) {
                const std::scoped_lock guard(lock_);
                if (!busy_) {
                    busy_ = true;
                    r.set_value();
                } else {
                    line_.push_back(std::move(r));
                }
            });
        } catch (const cancelled&) {
            stopped = true;
        }
        if (stopped) throw cancelled();
    }
    void leave() noexcept {
        for (;;) {
            std::optional<resolver<void>> next;
            {
                const std::scoped_lock guard(lock_);
                if (line_.empty()) {
                    busy_ = false;
                    return;
                }
                next.emplace(std::move(line_.front()));
                line_.pop_front();
            }
            if (next->set_value()) return;  // else that one was stopped meanwhile
        }
    }

private:
    std::mutex lock_;
    bool busy_ = false;
    std::deque<resolver<void>> line_;
};

namespace {

net::unix_stream introduce(int introductions) {
    socket_pair pair = make_socket_pair();
    const int theirs = pair.theirs.number();
    try {
        if (!send_numbers(introductions, std::span(&theirs, 1), true)) throw_errno(EAGAIN, "introduce", "to a manager");
    } catch (const std::system_error& e) {
        if (e.code() == std::errc::broken_pipe || e.code() == std::errc::connection_reset) throw manager_died();
        throw;
    }
    return net::unix_stream(std::move(pair.ours));
}

class line_guard {
public:
    explicit line_guard(manager_line& l) noexcept : line_(l) {}
    ~line_guard() { line_.leave(); }

private:
    manager_line& line_;
};

}  // namespace

manager_connection::manager_connection(std::unique_ptr<manager_line> l) noexcept : line_(std::move(l)) {}
manager_connection::manager_connection(manager_connection&&) noexcept = default;
manager_connection& manager_connection::operator=(manager_connection&&) noexcept = default;
manager_connection::~manager_connection() = default;

manager_connection manager_connection::make(int introductions, std::vector<std::byte> opening) {
    encoder duplicate;
    duplicate.descriptor(introductions);
    auto stream = introduce(introductions);
    return manager_connection(std::make_unique<manager_line>(
        std::move(stream), std::move(duplicate.take_descriptors().front()), std::move(opening)));
}

void manager_connection::encode(encoder& to) const {
    const auto stream = introduce(line_->introductions.number());
    to.descriptor(stream.native_handle());
    to.descriptor(line_->introductions.number());
    process::encode(to, line_->opening);
}

manager_connection manager_connection::decode(decoder& from) {
    net::unix_stream stream(from.owned_descriptor());
    auto introductions = from.owned_descriptor();
    auto opening = process::decode<std::vector<std::byte>>(from);
    return manager_connection(
        std::make_unique<manager_line>(std::move(stream), std::move(introductions), std::move(opening)));
}

task<std::vector<std::byte>> manager_connection::send_and_receive(std::span<const std::byte> message) {
    manager_line& l = *line_;
    const std::vector<std::byte> out = framed(message);
    std::vector<std::byte> answer;
    bool died = false;
    try {
        co_await l.stream.write(out);
        const bool came = co_await l.answers.next(l.stream, answer);
        died = !came;
    } catch (const std::system_error&) {
        died = true;  // at the end of the stream, or with its answer half sent
    }
    if (died) throw manager_died();
    co_return answer;
}

task<> manager_connection::open() {
    encoder nothing;
    co_await exchange(nothing.message());
}

task<std::vector<std::byte>> manager_connection::exchange(std::span<const std::byte> message) {
    manager_line& l = *line_;
    co_await l.enter();
    const line_guard guard(l);
    bool stopped = false;
    std::vector<std::byte> answer;
    try {
        if (!l.opened) {
            answer = co_await send_and_receive(l.opening);
            decoder from(answer);
            check(from);
            l.opened = true;
        }
        if (!message.empty()) {
            answer = co_await send_and_receive(message);
            const auto op = static_cast<manager_op>(message.front());
            if (op == manager_op::get || op == manager_op::try_get) {
                const std::array<std::byte, 5> took{std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0},
                                                    static_cast<std::byte>(manager_op::took)};
                co_await shield(l.stream.write(took));
            }
        }
    } catch (const cancelled&) {
        stopped = true;
    }
    if (stopped) {
        // Nobody knows what will come on this one. The manager sees its end: it withdraws what waits.
        l.opened = false;
        l.stream = introduce(l.introductions.number());
        l.answers.restart();
        throw cancelled();
    }
    co_return answer;
}

void manager_connection::check(decoder& from) {
    if (process::decode<bool>(from)) std::rethrow_exception(decode_exception(from));
}

}  // namespace coil::process

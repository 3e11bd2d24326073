// SPDX-License-Identifier: BSL-1.0
#include <coil/process/line_end.hpp>

#include <coil/process/patience.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/rights.hpp>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace coil::process {

namespace {

constexpr std::size_t lot_bytes = 8;

// A number that no other lot of any member has.
std::uint64_t next_lot(segment& s) noexcept {
    static std::atomic<std::uint64_t> count{0};
    return std::uint64_t{s.me()} << 32 | ((count.fetch_add(1, std::memory_order_relaxed) + 1) & 0xffffffff);
}

[[noreturn]] void throw_error(std::errc code, const std::string& text) {
    throw std::system_error(std::make_error_code(code), text);
}

[[noreturn]] void throw_deserted(const line& l) {
    throw_error(std::errc::owner_dead, "the other processes of this " + std::string(l.what) + " have died");
}

}  // namespace

// ---- putting

bool putting::send_rights(void* context) noexcept {
    auto& self = *static_cast<putting*>(context);
    self.error_ = ring::rights::send(self.socket_, self.lot_, self.numbers);
    return self.error_ == 0;
}

line_answer putting::once(const line& l) noexcept {
    if (!l.symmetric && l.shared->all(l.readers) == 0) return line_answer::no_reader;
    std::span<const std::byte> bytes = message;
    message_stream::before_it first;
    if (l.sends_rights >= 0) {
        // In front of the message stands the number of its lot, 0: none. A writer that dies between the lot and its message
        // leaves a lot that nobody asks for.
        try {
            with_lot_.resize(lot_bytes + message.size());
        } catch (...) {
            thrown_ = std::current_exception();
            return line_answer::failed;
        }
        lot_ = numbers.empty() ? 0 : next_lot(*l.shared);
        socket_ = l.sends_rights;
        std::memcpy(with_lot_.data(), &lot_, lot_bytes);
        if (!message.empty()) std::memcpy(with_lot_.data() + lot_bytes, message.data(), message.size());
        bytes = with_lot_;
        if (lot_ != 0) first = {&send_rights, this};
    } else if (!numbers.empty()) {
        error_ = -EOPNOTSUPP;
        return line_answer::unsendable;
    }
    switch (l.messages().put(bytes, first)) {
    case message_stream::answer::done:
        return line_answer::done;
    case message_stream::answer::closed:
        return line_answer::closed;
    case message_stream::answer::too_large:
        return line_answer::too_large;
    case message_stream::answer::refused:
        // too many descriptors under way: there is room again when a message has been got
        if (error_ == -EAGAIN || error_ == -ETOOMANYREFS) break;
        return line_answer::unsendable;
    case message_stream::answer::waits:
        break;
    }
    return l.symmetric && l.shared->deserted() ? line_answer::deserted : line_answer::waits;
}

line_answer putting::attempt(const line& l) noexcept {
    const line_answer first = once(l);
    if (first != line_answer::waits) return first;
    bell b = l.messages().drained();
    word = &b.word();
    seen = b.listen();
    l.shared->notice_members();
    return once(l);
}

void putting::check(const line& l, line_answer a) const {
    switch (a) {
    case line_answer::done:
        return;
    case line_answer::closed:
        throw_error(std::errc::broken_pipe, "this " + std::string(l.what) + " is closed");
    case line_answer::no_reader:
        throw_error(std::errc::broken_pipe, "nobody receives from this " + std::string(l.what) + " any more");
    case line_answer::deserted:
        throw_deserted(l);
    case line_answer::too_large:
        throw_error(std::errc::message_size, "a message of " + std::to_string(message.size()) + " bytes is too large for this " +
                                                 l.what + ", which was made for at most " +
                                                 std::to_string(l.messages().largest()));
    case line_answer::failed:
        std::rethrow_exception(thrown_);
    default:
        throw_errno(static_cast<int>(-error_), "send descriptors through a", l.what);
    }
}

// ---- getting

namespace {

// A message with the number of its lot in front, on its way out of the line.
struct arriving {
    int socket;
    std::vector<std::byte> both{};
    std::vector<ring::descriptor> descriptors{};
    bool lost = false;  // they went with a receiver that died
    std::exception_ptr thrown{};

    static std::span<std::byte> room(void* context, std::size_t size) {
        auto& self = *static_cast<arriving*>(context);
        self.both.resize(size);
        return self.both;
    }
    static void fetch(void* context) noexcept {
        auto& self = *static_cast<arriving*>(context);
        try {
            self.fetch();
        } catch (...) {
            self.thrown = std::current_exception();
        }
    }
    void fetch() {
        std::uint64_t lot = 0;
        if (both.size() >= lot_bytes) std::memcpy(&lot, both.data(), lot_bytes);
        for (std::uint64_t came = 0; lot != 0; descriptors.clear()) {  // another lot: of a message that never was
            came = ring::rights::receive(socket, descriptors);
            if (came == lot) return;
            if (came == 0) lost = true;
            if (lost) return;
        }
    }
    void deliver(const line& l, const getting::target& to) {
        if (thrown) std::rethrow_exception(thrown);
        if (lost || both.size() < lot_bytes) throw_errno(EBADMSG, "receive from a", l.what);
        const std::span<std::byte> room = to.room(to.context, both.size() - lot_bytes);
        if (!room.empty()) std::memcpy(room.data(), both.data() + lot_bytes, room.size());
        *to.descriptors(to.context) = std::move(descriptors);
    }
};

}  // namespace

line_answer getting::once(const line& l, const target& to) noexcept {
    const bool nobody_writes = !l.symmetric && l.shared->all(l.writers) == 0;  // before the look: what they put is still got
    message_stream::answer a = message_stream::answer::waits;
    try {
        if (l.receives_rights < 0) {
            a = l.messages().get({to.room, to.context});
        } else {
            arriving it{.socket = l.receives_rights};
            a = l.messages().get({&arriving::room, &it, &arriving::fetch});
            if (a == message_stream::answer::done) it.deliver(l, to);
        }
    } catch (...) {
        thrown_ = std::current_exception();
        return line_answer::failed;
    }
    if (a == message_stream::answer::done) return line_answer::done;
    if (a == message_stream::answer::closed || nobody_writes) return line_answer::ended;
    return l.symmetric && l.shared->deserted() ? line_answer::deserted : line_answer::waits;
}

line_answer getting::attempt(const line& l, const target& to) noexcept {
    const line_answer first = once(l, to);
    if (first != line_answer::waits) return first;
    bell b = l.messages().filled();
    word = &b.word();
    seen = b.listen();
    l.shared->notice_members();
    return once(l, to);
}

bool getting::check(const line& l, line_answer a) const {
    switch (a) {
    case line_answer::done:
        return true;
    case line_answer::deserted:
        throw_deserted(l);
    case line_answer::failed:
        std::rethrow_exception(thrown_);
    default:
        return false;
    }
}

// ---- awaiting

constinit const ring::operation_table put_operation::table = kind_of_futex<&put_operation::look>("put between processes");
constinit const ring::operation_table get_operation::table = kind_of_futex<&get_operation::look>("get between processes");

bool put_operation::ready(std::span<const std::byte> message, std::span<const int> numbers) {
    if (refused()) return true;
    putting_.message = message;
    putting_.numbers = numbers;
    answer_ = putting_.once(line_);
    if (answer_ != line_answer::waits) return true;
    line_.messages().look_for_room(spins_of_task());
    return look(*this);
}

bool put_operation::look(futex_operation& o) noexcept {
    auto& self = static_cast<put_operation&>(o);
    self.answer_ = self.putting_.attempt(self.line_);
    if (self.answer_ != line_answer::waits) return true;
    self.watch(*self.putting_.word, self.putting_.seen);
    return false;
}

void put_operation::finish_put() {
    const int r = futex_operation::await_resume();
    if (answer_ == line_answer::waits) throw_errno(r < 0 ? -r : ECANCELED, "put into a", line_.what);
    putting_.check(line_, answer_);
}

bool get_operation::ready(const getting::target& to) {
    if (refused()) return true;
    target_ = to;
    answer_ = getting_.once(line_, to);
    if (answer_ != line_answer::waits) return true;
    line_.messages().look_for_message(spins_of_task());
    return look(*this);
}

bool get_operation::look(futex_operation& o) noexcept {
    auto& self = static_cast<get_operation&>(o);
    self.answer_ = self.getting_.attempt(self.line_, self.target_);
    if (self.answer_ != line_answer::waits) return true;
    self.watch(*self.getting_.word, self.getting_.seen);
    return false;
}

bool get_operation::finish_get() {
    const int r = futex_operation::await_resume();
    if (answer_ == line_answer::waits) throw_errno(r < 0 ? -r : ECANCELED, "get from a", line_.what);
    return getting_.check(line_, answer_);
}

// ---- threads

void put_blocking(const line& l, std::span<const std::byte> message, std::span<const int> numbers, place where) {
    putting p;
    p.message = message;
    p.numbers = numbers;
    if (l.messages().full()) l.messages().look_for_room(spins_of_thread());
    line_answer a = p.attempt(l);
    for (; a == line_answer::waits; a = p.attempt(l)) {
        refuse_on_coil_thread("put_blocking", where);
        futex::wait(*p.word, p.seen);
    }
    p.check(l, a);
}

bool get_blocking(const line& l, const getting::target& to, place where) {
    getting g;
    if (l.messages().empty()) l.messages().look_for_message(spins_of_thread());
    line_answer a = g.attempt(l, to);
    for (; a == line_answer::waits; a = g.attempt(l, to)) {
        refuse_on_coil_thread("get_blocking", where);
        futex::wait(*g.word, g.seen);
    }
    return g.check(l, a);
}

bool try_put(const line& l, std::span<const std::byte> message, std::span<const int> numbers) {
    putting p;
    p.message = message;
    p.numbers = numbers;
    l.shared->notice_members();
    const line_answer a = p.attempt(l);
    if (a == line_answer::waits || a == line_answer::deserted) return false;  // it would not wait
    p.check(l, a);
    return true;
}

bool try_get(const line& l, const getting::target& to) {
    getting g;
    l.shared->notice_members();
    const line_answer a = g.attempt(l, to);
    return a != line_answer::waits && a != line_answer::deserted && g.check(l, a);
}

}  // namespace coil::process

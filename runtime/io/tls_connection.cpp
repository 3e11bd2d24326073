// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_connection.hpp>

#include <coil/runtime/io/tcp_stream.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/io/unix_stream.hpp>

#include <algorithm>

namespace coil::net {

namespace {

// Of what is written so much is encrypted at a time: enough to keep the kernel busy, little to hold.
constexpr std::size_t records_at_once = std::size_t{4} * 16384;

}  // namespace

template <class Stream>
void tls_connection<Stream>::let_go(side s) noexcept {
    std::optional<resolver<void>> closer;
    {
        const std::scoped_lock lock(lock_);
        taken(s) = false;
        if (s == side::writing && session_.bytes().has_output()) send_now();
        if (!reading_ && !writing_) closer.swap(closer_);
    }
    if (closer) closer->set_value();
}

template <class Stream>
bool tls_connection<Stream>::read_quickly(byte_span to, std::size_t& count) noexcept {
    const std::scoped_lock lock(lock_);
    if (reading_ || closed_ || to.size() == 0) return false;
    const outcome r = session_.read(to, count);
    if (!writing_ && session_.bytes().has_output()) send_now();
    return r == outcome::done || r == outcome::ended;  // what failed fails again
}

template <class Stream>
std::optional<std::size_t> tls_connection<Stream>::read_now(byte_span to, const char* operation) {
    const std::scoped_lock lock(lock_);
    check_open(operation);
    std::size_t count = 0;
    const outcome r = session_.read(to, count);
    if (!writing_ && session_.bytes().has_output()) send_now();
    if (r == outcome::failed) throw session_.problem(named(operation));
    if (r == outcome::wants_input) return std::nullopt;
    return count;
}

template <class Stream>
std::size_t tls_connection<Stream>::encrypt(byte_view from, const char* operation) {
    const std::scoped_lock lock(lock_);
    check_open(operation);
    if (session_.has_ended_writing()) throw std::system_error(EPIPE, std::system_category(), named(operation));
    const std::size_t most = std::min(from.size(), records_at_once);
    std::size_t done = 0;
    while (done != most) {
        std::size_t count = 0;
        if (session_.write(byte_view(from.data() + done, most - done), count) != outcome::done) {
            throw session_.problem(named(operation));
        }
        done += count;
    }
    return done;
}

template <class Stream>
void tls_connection<Stream>::end_writing(const char* operation) {
    const std::scoped_lock lock(lock_);
    check_open(operation);
    if (session_.end_writing() == outcome::failed) throw session_.problem(named(operation));
}

template <class Stream>
bool tls_connection<Stream>::agree(const char* operation) {
    const std::scoped_lock lock(lock_);
    const outcome r = session_.shake_hands();
    if (r == outcome::failed) {
        send_now();
        throw session_.problem(named(operation));
    }
    return r == outcome::done;
}

// Under the lock, and no writer is at it: one that is sends this too.
template <class Stream>
void tls_connection<Stream>::send_now() noexcept {
    try {
        for (byte_view next = session_.bytes().next(); next.size() != 0; next = session_.bytes().next()) {
            const long n = ring::call_here(ring::call::send(stream_.native_handle(), next.data(), next.size()));
            if (n <= 0) return;
            session_.bytes().sent(static_cast<std::size_t>(n));
        }
    } catch (...) {
        // no memory, or no loop: the next writer sends it
    }
}

template <class Stream>
task<> tls_connection<Stream>::fill(const char* operation) {
    try {
        chunk more = co_await stream_.receive();
        const std::scoped_lock lock(lock_);
        check_open(operation);
        session_.bytes().feed(std::move(more));
    } catch (const std::system_error& e) {
        const std::scoped_lock lock(lock_);
        check_open(operation);
        throw std::system_error(e.code(), named(operation));
    }
}

template <class Stream>
task<> tls_connection<Stream>::flush(const char* operation) {
    for (;;) {
        byte_view next;
        {
            const std::scoped_lock lock(lock_);
            check_open(operation);
            next = session_.bytes().next();
        }
        if (next.size() == 0) co_return;
        std::size_t count = 0;
        try {
            count = co_await stream_.write(next);
        } catch (const cancelled& c) {
            session_.bytes().sent(c.transferred());
            throw;
        } catch (const transfer_error& e) {
            session_.bytes().sent(e.transferred());
            const std::scoped_lock lock(lock_);
            check_open(operation);
            throw std::system_error(e.code(), named(operation));
        }
        session_.bytes().sent(count);
    }
}

template <class Stream>
void tls_connection<Stream>::close_now(bool politely) noexcept {
    const std::scoped_lock lock(lock_);
    if (std::exchange(closed_, true)) return;
    try {
        if (politely && session_.end_writing() == outcome::done && !writing_) send_now();
        // The descriptor stays until the operations have seen that it is over.
        if (reading_ || writing_) ring::call_here(ring::call::shutdown(stream_.native_handle(), SHUT_RDWR));
    } catch (...) {
        // without a loop nothing is in flight either
    }
}

template <class Stream>
task<> tls_connection<Stream>::finish() {
    const auto when_free = [this](resolver<void> r) {
        const std::scoped_lock lock(lock_);
        if (reading_ || writing_) closer_.emplace(std::move(r));
        else r.set_value();
    };
    co_await from_callback<void>(when_free);
    co_await stream_.close();
}

template class tls_connection<tcp_stream>;
template class tls_connection<unix_stream>;

}  // namespace coil::net

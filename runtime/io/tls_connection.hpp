// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/tls_session.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/call.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coil::net {

/// Is a session and the connection that carries its bytes, shared by the stream and by the operations in flight on it.
/// Reader and writer may be on different threads, so a lock guards the session; it is held while OpenSSL works, never
/// while something is awaited. Only the writer awaits sending: what a reader has to answer (new keys, an alert) goes at
/// once or with the next write, so that no reader can be held up by a peer that reads nothing.
template <class Stream>
class tls_connection {
public:
    tls_connection(Stream over, std::shared_ptr<tls_settings> settings, std::string_view host)
        : session_(std::move(settings), host), stream_(std::move(over)) {}

    using outcome = tls_session::outcome;
    enum class side : bool { reading, writing };

    /// Is an operation's hold of its side of the connection.
    class hold {
    public:
        hold(tls_connection& c, side s, const char* operation, place where) : connection_(c), side_(s) {
            const std::scoped_lock lock(c.lock_);
            if (c.closed_) throw std::system_error(EBADF, std::system_category(), c.named(operation));
            bool& taken = c.taken(s);
            if (taken)
                misuse(s == side::reading ? "somebody reads this TLS stream already"
                                          : "somebody writes this TLS stream already",
                       where);
            taken = true;
        }
        hold(const hold&) = delete;
        hold& operator=(const hold&) = delete;
        ~hold() { connection_.let_go(side_); }

    private:
        tls_connection& connection_;
        side side_;
    };

    /// Decrypts what is there. Empty: something has to come first. Throws what is wrong.
    std::optional<std::size_t> read_now(byte_span to, const char* operation);
    /// The same before anything was held: empty also where somebody else reads, or something is wrong.
    bool read_quickly(byte_span to, std::size_t& count) noexcept;
    /// Encrypts some bytes, at most a few records.
    std::size_t encrypt(byte_view from, const char* operation);
    void end_writing(const char* operation);
    /// Goes on agreeing on keys; true when done. An alert for the peer has gone, if it could at once, when it throws.
    bool agree(const char* operation);

    /// Waits for bytes, or the end, and gives them to the session. The reading side is held.
    task<> fill(const char* operation);
    /// Sends all that is to go. The writing side is held. Cancel: what is left stays.
    task<> flush(const char* operation);

    /// Ends what is in flight, and tells the peer, if that goes at once and `politely`.
    void close_now(bool politely) noexcept;
    /// Waits until nothing is in flight, and closes.
    task<> finish();

    const Stream& stream() const noexcept { return stream_; }
    SSL* ssl() const noexcept { return session_.ssl(); }
    std::string named(const char* operation) const {
        std::string text = operation;
        text.push_back(' ');
        if (!name_.empty()) text.append(name_).append(" (");
        text.append(to_string(stream_.peer_endpoint()));
        if (!name_.empty()) text.push_back(')');
        return text;
    }
    /// Gives the peer the name that errors show beside its address.
    void call_it(std::string name) noexcept { name_ = std::move(name); }

private:
    bool& taken(side s) noexcept { return s == side::reading ? reading_ : writing_; }
    void let_go(side s) noexcept;
    void send_now() noexcept;
    void check_open(const char* operation) const {
        if (closed_) throw std::system_error(ECANCELED, std::system_category(), named(operation));
    }

    std::mutex lock_;  // guards all but the stream, and what the session has put up for sending, which the writer has
    tls_session session_;
    bool reading_ = false;
    bool writing_ = false;
    bool closed_ = false;
    std::optional<resolver<void>> closer_;  // waits until both sides are free
    Stream stream_;
    std::string name_;
};

}  // namespace coil::net

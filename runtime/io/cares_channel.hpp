// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/io/cares_resolver.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/resolve.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <ares.h>

#include <cstdint>
#include <string>
#include <vector>

namespace coil::net {

/// Keeps settings as c-ares understands them: a channel that asks nothing, of which each lookup has a copy.
class cares_settings_kept {
public:
    explicit cares_settings_kept(const cares_settings& settings);
    cares_settings_kept(const cares_settings_kept&) = delete;
    cares_settings_kept& operator=(const cares_settings_kept&) = delete;
    ~cares_settings_kept();
    ares_channel channel() const noexcept { return channel_; }

private:
    ares_channel channel_ = nullptr;
};

/// Is one lookup of c-ares. It never waits: whoever drives it watches its sockets and lets it look.
/// Its sockets are the ring's. Destroying it ends the lookup and closes them.
class cares_channel {
public:
    /// A socket that it waits for: what for (`ring::poll_in`, `ring::poll_out`), and what came.
    struct watched {
        int fd;
        unsigned wanted;
        unsigned ready;
    };

    cares_channel(const cares_settings_kept& settings, ring::ring& entries);
    cares_channel(const cares_channel&) = delete;
    cares_channel& operator=(const cares_channel&) = delete;
    ~cares_channel();

    void ask(const std::string& host, std::uint16_t port, resolve_options options);
    bool answered() const noexcept { return answered_; }
    /// What the lookup came to: ARES_SUCCESS, and what was found.
    int status() const noexcept { return status_; }
    std::vector<endpoint>& found() noexcept { return found_; }

    /// The sockets, and when it wants to look though nothing came.
    std::vector<watched> sockets() const;
    nanoseconds patience() const noexcept;
    void look(const std::vector<watched>& sockets);

private:
    static void take(void* self, int status, int timeouts, ares_addrinfo* list);

    ring::ring& entries_;
    ares_channel channel_ = nullptr;
    bool answered_ = false;
    int status_ = ARES_ENOMEM;
    std::vector<endpoint> found_;
};

}  // namespace coil::net

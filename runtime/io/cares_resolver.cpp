// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/cares_resolver.hpp>

#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/io/cares_channel.hpp>
#include <coil/runtime/io/name_lookup.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/plain_operations.hpp>

#include <netdb.h>

#include <cerrno>
#include <new>
#include <utility>

namespace coil::net {

namespace {

[[noreturn]] void fail_as_system(int status, const std::string& host) {
    switch (status) {
    case ARES_ENOMEM:
        throw std::bad_alloc();
    case ARES_ETIMEOUT:
        resolve_failed(EAI_SYSTEM, ETIMEDOUT, host);
    case ARES_ECONNREFUSED:
        resolve_failed(EAI_SYSTEM, ECONNREFUSED, host);
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
    case ARES_ENONAME:
        resolve_failed(EAI_NONAME, 0, host);
    case ARES_ENODATA:
        resolve_failed(EAI_NODATA, 0, host);
    case ARES_ESERVICE:
        resolve_failed(EAI_SERVICE, 0, host);
    case ARES_ESERVFAIL:
        resolve_failed(EAI_AGAIN, 0, host);
    default:
        resolve_failed(EAI_FAIL, 0, host);
    }
}

using watched = cares_channel::watched;

task<> watch_socket(watched& w) {
    const int came = co_await ring::poll_operation(w.fd, w.wanted);
    w.ready = came < 0 ? w.wanted : static_cast<unsigned>(came);
}

task<> watch_among(watched& w, scope& all) {
    co_await watch_socket(w);
    all.cancel("another socket is ready");
}

task<> until_one_is_ready(std::vector<watched>& sockets) {
    if (sockets.empty()) {
        co_await sleep_for(nanoseconds::max());  // until c-ares wants to look
    } else if (sockets.size() == 1) {
        co_await watch_socket(sockets.front());
    } else {
        co_await with_scope([&](scope& all) -> task<> {
            for (watched& w : sockets)
                all.spawn(watch_among(w, all));
            co_return;
        });
    }
}

}  // namespace

cares_resolver::cares_resolver(const cares_settings& settings)
    : settings_(std::make_shared<const cares_settings_kept>(settings)) {}

task<std::vector<endpoint>> cares_resolver::ask(kept settings, std::string host, std::string service,
                                                resolve_options options) {
    if (auto address = address_of_text(host, service, options)) co_return std::vector<endpoint>(1, *address);
    this_task::check_stop();
    ring::ring& entries = ring::io_home_for(*this_thread.current).entries;
    // c-ares has no other clock than the machine's, and asks the kernel itself for the names of its sockets
    if (entries.keeps_descriptors()) co_return co_await resolve_name(std::move(host), std::move(service), options);
    cares_channel channel(*settings, entries);
    channel.ask(host, port_of(service, host), options);
    while (!channel.answered()) {
        std::vector<watched> sockets = channel.sockets();
        (void)co_await move_on_after(channel.patience(), until_one_is_ready(sockets));
        channel.look(sockets);
    }
    if (channel.status() != ARES_SUCCESS) fail_as_system(channel.status(), host);
    if (channel.found().empty()) resolve_failed(EAI_NODATA, 0, host);
    co_return std::move(channel.found());
}

}  // namespace coil::net

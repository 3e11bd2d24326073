// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/happy_eyeballs.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/shortened.hpp>
#include <coil/runtime/io/resolve.hpp>

#include <cstddef>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace coil::net {

namespace {

using attempt_function = std::function<task<tcp_stream>(const endpoint&)>;

// On the pool the attempts run side by side, so what they share has a lock.
class race {
public:
    task<> run(const attempt_function& attempt, endpoint to) {
        auto r = co_await as_result(attempt(to));
        note(to, std::move(r));
    }

    // What has happened so far; `changed` compares with it.
    struct state {
        bool won = false;
        std::size_t failed = 0;
    };
    state now() {
        const std::scoped_lock hold(lock_);
        return now_;
    }
    // Calls w once something has happened that `seen` does not know.
    void on_change(const state& seen, resolver<void> w) {
        {
            const std::scoped_lock hold(lock_);
            if (now_.won == seen.won && now_.failed == seen.failed) {
                wake_ = std::move(w);
                return;
            }
        }
        w();
    }

    std::optional<tcp_stream> winner;  // once nobody runs any more, as the next
    std::string tried;
    std::optional<error> last;

private:
    void note(const endpoint& to, result<tcp_stream> r) {
        std::optional<resolver<void>> wake;
        std::string text;
        if (!r.has_value()) text = to_string(to) + " (" + r.error().code().message() + ")";
        {
            const std::scoped_lock hold(lock_);
            if (r.has_value() && !now_.won) {
                winner = *std::move(r);
                now_.won = true;
            } else if (!r.has_value()) {
                ++now_.failed;
                tried += (tried.empty() ? "" : ", ") + text;
                last = r.error();
            }
            std::swap(wake, wake_);
        }
        if (wake) (*wake)();
    }

    std::mutex lock_;
    state now_;
    std::optional<resolver<void>> wake_;
};

}  // namespace

std::vector<endpoint> interleaved(const std::vector<endpoint>& all) {
    std::vector<endpoint> order;
    order.reserve(all.size());
    bool six = !all.empty() && all.front().is_v6();
    std::size_t at[2] = {0, 0};  // of IPv4, of IPv6
    const auto next_of = [&](bool v6) {
        std::size_t& i = at[v6 ? 1 : 0];
        while (i != all.size() && all[i].is_v6() != v6)
            ++i;
        return i == all.size() ? nullptr : &all[i++];
    };
    while (order.size() != all.size()) {
        if (const endpoint* const e = next_of(six)) order.push_back(*e);
        six = !six;
    }
    return order;
}

task<tcp_stream> connect_first(std::vector<endpoint> order, std::chrono::nanoseconds delay, std::string whom,
                               const attempt_function& attempt) {
    race all;
    co_await with_scope([&](scope& attempts) -> task<> {
        std::size_t begun = 0;
        for (;;) {
            const race::state seen = all.now();
            if (seen.won || seen.failed == order.size()) break;
            if (begun == seen.failed) attempts.spawn(all.run(attempt, order[begun++]));
            const auto wait = [&](resolver<void> w) { all.on_change(seen, std::move(w)); };
            if (begun == order.size()) {
                co_await from_callback<void>(wait);
                continue;
            }
            (void)co_await move_on_after(delay, from_callback<void>(wait));
            // one has failed, or the delay is over
            if (!all.now().won) attempts.spawn(all.run(attempt, order[begun++]));
        }
        attempts.cancel("another address has answered");
    });
    if (all.winner) co_return std::move(*all.winner);
    if (!all.last) throw std::system_error(std::make_error_code(std::errc::address_not_available), "connect " + whom);
    if (order.size() == 1) throw std::system_error(all.last->code(), "connect " + whom + " at " + to_string(order[0]));
    throw std::system_error(all.last->code(), "connect " + whom + ", tried " + all.tried);
}

task<tcp_stream> tcp_stream::connect_by_name(std::string host, std::string service, connect_options options) {
    const std::string whom = shortened(host) + ":" + shortened(service);
    std::vector<endpoint> order = interleaved(co_await resolve_name(std::move(host), std::move(service), {}));
    const attempt_function attempt = [&options](const endpoint& to) -> task<tcp_stream> {
        co_return co_await tcp_stream::connect(to, options);
    };
    co_return co_await connect_first(std::move(order), options.attempt_delay, whom, attempt);
}

}  // namespace coil::net

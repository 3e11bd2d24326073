// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace coil::ring {

// Sends nodes to the homes of their branches: those at home here onto this thread's ready list at once, the others in
// one batch per home when it is destroyed.
class homecoming {
public:
    homecoming() noexcept
        : here_(this_thread.ready != nullptr ? this_thread.here : nullptr), ready_(this_thread.ready) {}
    homecoming(const homecoming&) = delete;
    homecoming& operator=(const homecoming&) = delete;
    ~homecoming() { send(); }

    void add(node& n) noexcept {
        executor& home = *n.owner()->home;
        if (&home == here_) [[likely]]
            ready_->push_back(n);
        else add_elsewhere(home, n);
    }

private:
    // More homes than a reap usually meets; the next one sends what has gathered.
    static constexpr std::size_t most = 8;
    struct group {
        executor* home;
        node_list nodes;
    };

    [[gnu::noinline]] void add_elsewhere(executor& home, node& n) noexcept {
        std::size_t i = 0;
        while (i != used_ && groups_[i].home != &home)
            ++i;
        if (i == most) {
            send();
            i = 0;
        }
        if (i == used_) new (&groups_[used_++]) group{&home, {}};
        groups_[i].nodes.push_back(n);
        if (this_io_home != nullptr) ++this_io_home->out;
    }
    void send() noexcept {
        for (std::size_t i = 0; i != used_; ++i)
            send(*groups_[i].home, std::move(groups_[i].nodes));
        used_ = 0;
    }
    static void send(executor& home, node_list&& nodes) noexcept {
        io_home* const io = this_io_home;
        if (io == nullptr || (io->entrusted != nullptr && io->entrusted != &home)) home.post(std::move(nodes));
        else if (home.post_short(std::move(nodes))) io->entrusted = &home;
    }

    executor* const here_;  // null without a ready list
    node_list* const ready_;
    std::size_t used_ = 0;
    union {
        std::array<group, most> groups_;  // the first `used_` live: most reaps meet none, and clear nothing
    };
};

}  // namespace coil::ring

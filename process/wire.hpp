// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace coil::process {

/// Brings messages from one process of a job to others and back; between two of them they keep their order. Nothing of it
/// waits. Threads: the one that made it.
class wire {
public:
    virtual ~wire() = default;
    /// How many others can be reached; they are numbered from 0 on.
    virtual unsigned size() const noexcept = 0;
    /// What a person calls one of them: "rank 2".
    virtual std::string name_of(unsigned peer) const = 0;
    /// Has more of them made, if it can. Errors: why not.
    virtual void grow(unsigned how_many) = 0;
    /// Errors: that one cannot be reached any more.
    virtual void send(unsigned peer, std::vector<std::byte>&& message) = 0;
    /// The next message that has come, if one has. What keeps one from coming is an error of the next `send` to its sender.
    virtual bool receive(unsigned& peer, std::vector<std::byte>& message) = 0;
    /// Something long is on its way here or there, and comes on as often as the wire is asked.
    virtual bool is_carrying() const noexcept { return false; }
    /// Forgets what is on its way to one that is gone.
    virtual void give_up(unsigned peer) noexcept = 0;
    /// Nothing more will be said. `everybody`: the others, without exception, do the same now.
    virtual void close(bool everybody) noexcept = 0;
};

}  // namespace coil::process

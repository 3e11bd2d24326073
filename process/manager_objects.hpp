// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/manager_protocol.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// What a manager keeps. Values are bytes to it; its one thread does one operation at a time.
namespace coil::process {

/// Is one who asks: a connection.
class asker {
public:
    /// Called when what it waited for has come; the answer is ready then.
    std::function<void()> answered;
    encoder answer;
    bool waits = false;
    std::optional<std::vector<std::byte>> lent;  // what `get` has brought, until it says that it has arrived
};

/// Is one object that is kept.
class kept_object {
public:
    explicit kept_object(managed_kind k, std::string n) : kind(k), name(std::move(n)) {}
    virtual ~kept_object() = default;
    /// Does an operation: the answer is written, or the asker waits. Throws what is answered as an exception.
    virtual void ask(asker& who, manager_op op, decoder& from) = 0;
    /// The asker has gone: what it waits for, holds, or was lent is withdrawn, given back.
    virtual void forget(asker&) {}

    const managed_kind kind;
    const std::string name;
};

std::unique_ptr<kept_object> make_kept(managed_kind kind, std::string name, std::uint64_t limit);

}  // namespace coil::process

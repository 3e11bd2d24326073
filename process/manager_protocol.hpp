// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

// What managers and those who use them say to each other: frames of a 4-byte length; a request is an operation and its
// arguments, an answer a byte (1: an exception) and what it yields.
namespace coil::process {

enum class managed_kind : std::uint8_t { list, dict, value, lock, queue };

enum class manager_op : std::uint8_t {
    open,  // kind, name, and for a queue its size: what the connection is about from then on
    // list
    push_back, at, set, pop_back, insert, erase,
    // dict
    find, put_entry, erase_entry, has_entry,
    // both; the size also of a queue
    size, all, clear,
    // value
    read, write, exchange,
    // lock
    acquire, try_acquire, release, is_held,
    // queue
    put, get, try_put, try_get,
    // what `get` or `try_get` has brought has arrived; without it, it goes back. No answer.
    took,
};

/// Serves everybody who is introduced, until nobody is left who could introduce another. Runs in the manager's process.
int serve_manager();

}  // namespace coil::process

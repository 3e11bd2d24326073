// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/basic_queue.hpp>
#include <coil/sync/item_ring.hpp>

namespace coil {

/// Hands items from those who put to those who get: first in, first out, and both sides wait in order.
/// Shape: `queue<T> q` has no limit, `queue<T> q{n}` holds n items at most. An item is handed to one getter, once: a
/// getter that is stopped or late has got nothing, and the item is the next one's.
/// Completes: put when there is room, get when there is an item; each waiter at its home, nobody inside another's call.
/// Errors: `std::invalid_argument` for a negative limit; destroying it while somebody waits is reported through the log
/// hook, and those waits end with `std::logic_error`.
/// Threads: any; coroutines, fibers and plain threads (`put_blocking`, `get_blocking`) wait in the same lines.
/// Cost: put and get are one lock each, not the same one: between threads they disturb each other only where one has to
/// wait for the other. Nothing is allocated once it has grown to its size; 336 bytes besides.
/// Source: Python's queue.Queue, with `close` besides.
template <class T>
class queue final : public basic_queue<T, item_ring<T>> {
public:
    using basic_queue<T, item_ring<T>>::basic_queue;
};

}  // namespace coil

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/basic_queue.hpp>
#include <coil/sync/item_heap.hpp>

#include <functional>

namespace coil {

/// Is a `queue` that hands out the greatest item first, as std::priority_queue does, and equal ones in the order in
/// which they came. Shape: `priority_queue<T, std::greater<T>>` hands out the smallest first, as Python's does. Which
/// item is next is judged among those in the queue: one that waits to be put is not. Cost: a logarithm of moves under
/// the lock.
template <class T, class Less = std::less<T>>
class priority_queue final : public basic_queue<T, item_heap<T, Less>> {
public:
    using basic_queue<T, item_heap<T, Less>>::basic_queue;
};

}  // namespace coil

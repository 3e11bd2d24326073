// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/basic_queue.hpp>
#include <coil/sync/item_stack.hpp>

namespace coil {

/// Is a `queue` that hands out the latest item first; who waits still waits in order.
template <class T>
class lifo_queue final : public basic_queue<T, item_stack<T>> {
public:
    using basic_queue<T, item_stack<T>>::basic_queue;
};

}  // namespace coil

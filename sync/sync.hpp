// SPDX-License-Identifier: BSL-1.0
/// Includes every public header of coil's synchronisation.
#pragma once
#include <coil/sync/auto_event.hpp>
#include <coil/sync/barrier.hpp>
#include <coil/sync/condition.hpp>
#include <coil/sync/event.hpp>
#include <coil/sync/guard.hpp>
#include <coil/sync/guarded.hpp>
#include <coil/sync/latch.hpp>
#include <coil/sync/lazy.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/lock_all.hpp>
#include <coil/sync/lock_wait.hpp>
#include <coil/sync/mutex.hpp>
#include <coil/sync/once.hpp>
#include <coil/sync/owned_lock.hpp>
#include <coil/sync/rate_limiter.hpp>
#include <coil/sync/recursive_mutex.hpp>
#include <coil/sync/semaphore.hpp>
#include <coil/sync/shared_mutex.hpp>
#include <coil/sync/spin_mutex.hpp>
#include <coil/sync/thread_wait.hpp>
#include <coil/sync/wait_list.hpp>
#include <coil/sync/waiter.hpp>
#include <coil/sync/word.hpp>

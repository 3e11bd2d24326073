// SPDX-License-Identifier: BSL-1.0
/// Includes every public header of coil's synchronisation.
#pragma once
#include <coil/sync/line_wait.hpp>
#include <coil/sync/thread_wait.hpp>
#include <coil/sync/wait_list.hpp>
#include <coil/sync/waiter.hpp>
#include <coil/sync/word.hpp>

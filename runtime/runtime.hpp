// SPDX-License-Identifier: BSL-1.0
/// Includes every public header of coil's runtime.
#pragma once
#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/generator.hpp>
#include <coil/runtime/coro/manual_executor.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/run/block_on.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/run/stop_on.hpp>
#include <coil/runtime/run/work_guard.hpp>
#include <coil/runtime/sched/loop.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

// SPDX-License-Identifier: BSL-1.0
/// Includes every public header of coil's runtime.
#pragma once
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/generator.hpp>
#include <coil/runtime/coro/task.hpp>

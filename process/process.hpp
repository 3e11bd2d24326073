// SPDX-License-Identifier: BSL-1.0
/// Includes every public header of coil's processes.
#pragma once
#include <coil/process/arguments.hpp>
#include <coil/process/child.hpp>
#include <coil/process/child_settings.hpp>
#include <coil/process/command.hpp>
#include <coil/process/completed.hpp>
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/environment.hpp>
#include <coil/process/exit_status.hpp>
#include <coil/process/options.hpp>
#include <coil/process/passed.hpp>
#include <coil/process/pipe_end.hpp>
#include <coil/process/plan.hpp>
#include <coil/process/run.hpp>
#include <coil/process/spawn.hpp>
#include <coil/process/stdio.hpp>

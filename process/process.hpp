// SPDX-License-Identifier: BSL-1.0
/// Includes every public header of coil's processes.
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/passed.hpp>

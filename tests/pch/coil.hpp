// SPDX-License-Identifier: BSL-1.0
// All of coil, for the programs that tests and examples are. No guard, as in pch.hpp.

#include <coil/coil.hpp>

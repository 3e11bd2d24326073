// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/function.hpp>

// The key of a static function of another file that prints as one of function_test.cpp does.
coil::process::function_key key_of_the_other_file();

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "work/work_spec.hpp"

namespace versus {

/// One run: which work, in which mode, how wide.
struct job {
    std::string mode;
    std::size_t width = 1;
    work_spec spec;
};

std::string encode(const job& todo);
/// Throws std::exception on what encode() did not write.
job decode_job(std::string_view text);

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

namespace versus {

/// What the parent sends to a worker after the description of the work: items, one number each, until the pipe ends.
using worker_order = std::uint64_t;

/// What a worker sends back for each item, and once more, with `farewell`, when it has read the end of the pipe.
struct worker_reply {
    enum class kind : std::uint32_t { result, failure, farewell };

    std::uint64_t item = 0;
    std::uint64_t value = 0;  ///< result: the item's result. farewell: the worker's peak memory in KiB.
    kind what = kind::result;
    std::uint32_t text_bytes = 0;  ///< failure: the length of the error's text, which follows.
};

/// The role of a worker process. Returns the exit status.
int do_items_of_parent();

}  // namespace versus

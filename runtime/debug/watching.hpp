// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/debug/variables.hpp>

namespace coil::debug {

// Does what the variables ask for, as long as one of these lives; several are as one, and what the first wants is done.
// Nothing here fails: what cannot be had is logged.
// Threads: any. Cost: none if nothing is asked for.
class watching {
public:
    explicit watching(const variables& wanted) noexcept;
    ~watching();
    watching(const watching&) = delete;
    watching& operator=(const watching&) = delete;

private:
    bool counted_ = false;
};

// What lives as long as a run: does what the environment asks for, but in a simulation.
class watched_run {
public:
    watched_run() noexcept;

private:
    watching as_asked_;
};

}  // namespace coil::debug

// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace versus {

/// What this process, all its threads and its children that were waited for have used so far.
struct usage {
    double user_s = 0;
    double system_s = 0;
    double queued_s =
        0;  ///< How long the calling thread was ready and another had the core; 0 where the kernel does not tell.
    long voluntary_switches = 0;
    long involuntary_switches = 0;

    static usage now();
    friend usage operator-(const usage& later, const usage& earlier);
};

/// Lets the peak of this process's memory begin anew, at what it holds now. False where the kernel does not allow it.
bool restart_peak_memory();
/// The peak of this process's resident memory since the last restart.
long peak_memory_kib();

}  // namespace versus

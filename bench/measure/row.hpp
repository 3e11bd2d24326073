// SPDX-License-Identifier: BSL-1.0
// One row of the table: a name, a body that does n operations, and what it cost.
#pragma once

#include <cstdint>
#include <vector>

namespace measure {

/// Says what a body did and what it took.
struct result {
    double seconds = 0;      ///< wall time of the timed part
    double cpu_seconds = 0;  ///< CPU time of the whole process in the timed part
    double operations = 0;   ///< what the time is divided by
    double allocations = 0;  ///< calls of the malloc family in the timed part, while counting is on
    double bytes = 0;        ///< resident memory per operation, where a row measures it
    double extra = 0;        ///< a second figure of the row's own (a p99, say)
};

/// Does about n operations; prepares outside of the window that it times.
using body = result (*)(std::uint64_t n);

/// Tells how a row is driven.
enum class shape {
    batch,  ///< repeated by Google Benchmark, `size` operations a batch
    whole,  ///< once in a fresh process, `size` operations (memory, CPU time or sleeping are its point)
};

struct row {
    const char* name;
    std::uint64_t size;
    body run;
    shape how;
};

/// Lists every row linked into this executable.
std::vector<row>& rows();

/// Puts a row on the list when its file is loaded.
struct enrol {
    enrol(const char* name, std::uint64_t size, body run, shape how = shape::batch) {
        rows().push_back({name, size, run, how});
    }
};

/// Is called first in main, where an executable sets it when its file is loaded: workers begin there.
inline void (*first_in_main)(int argc, char** argv) = nullptr;

/// Times what lies between its construction and `stop`.
class window {
public:
    window();
    result stop(double operations) const;

private:
    double allocations_;
    double cpu_;
    double wall_;
};

/// Keeps the calling thread, and what it starts, on one core.
void pin(unsigned core);

/// Reads the resident memory of this process.
double resident_bytes();

/// Hides a value from the optimiser.
template <class T>
inline void keep(T& value) {
    asm volatile("" : "+m"(value) : : "memory");
}

}  // namespace measure

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

namespace coil::process {

/// Is what a process knows of itself.
class process_identity {
public:
    process_identity(std::string_view given, int own, int parents, bool made)
        : name(given), pid(own), parent_pid(parents), is_worker(made) {}
    std::string name;  // "main" for the program that its user started, else what `start` or the pool gave it
    int pid;
    int parent_pid;
    bool is_worker;
};

/// Tells the calling process its name and its number, and its parent's. Threads: any. Cost: two system calls.
process_identity current();

}  // namespace coil::process

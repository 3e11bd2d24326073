// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/output_file.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace coil::debug {

// A trace on its way to the disk. Each write ends with what closes the array, and the next one begins where that began:
// so the file is whole after every write, however the process ends.
// Threads: any.
class trace_file {
public:
    // "%p" in the path stands for the number of the process. A file that another process is writing is left to it:
    // then this one's has the number at its end. False, and it has been logged, if there can be none. The same path once
    // more goes on where it was.
    bool open(std::string_view path) noexcept;
    // Appends whole events. The first error is logged, and ends the trace; what was written before stays whole.
    void write(std::string_view events) noexcept;
    bool is_open() const noexcept { return open_.load(std::memory_order_acquire); }
    // Which one it is, of those that it has been: a track is named in each.
    unsigned number() const noexcept { return number_.load(std::memory_order_acquire); }

private:
    void begin(std::string_view path);
    void fail(int error, const char* what) noexcept;

    std::atomic<bool> open_{false};  // written under the lock, as the next one
    std::atomic<unsigned> number_{0};
    std::mutex lock_;                // guards the rest
    ring::output_file file_;
    std::string asked_;  // the path as it was given
    std::string path_;
    std::string end_;
    std::string next_;  // kept for its memory
    std::int64_t size_ = 0;  // without the end
};

// The one of the process; never destroyed.
trace_file& the_trace() noexcept;

}  // namespace coil::debug

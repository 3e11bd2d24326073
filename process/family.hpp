// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/child.hpp>
#include <coil/process/completed.hpp>
#include <coil/process/plan.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coil::process {

class child_state;

/// Says how the programs of a family are run.
struct family_settings {
    byte_view input;
    time_allowed timeout;
    bool check = false;
    nanoseconds grace = default_grace;
};

/// Is one program, or several joined by pipes, on the way from the start to the end of all of them.
/// Their status is taken at the very end: until then the number of their process group cannot become a stranger's, so
/// that the group can be killed also when its leader ended long ago.
class family {
public:
    explicit family(std::vector<plan> stages) : stages_(std::move(stages)) {}

    /// Runs it. Completes: with how it ended. Errors: as `run` says.
    task<completed> run(family_settings s);

private:
    task<> start();
    task<> start_stage(std::size_t i);
    task<> work(byte_view input);
    task<> all_over();
    task<> rest();
    task<> finish(nanoseconds grace);
    void signal(int number) noexcept;
    completed result();

    std::vector<plan> stages_;
    std::vector<child> children_;
    ring::descriptor between_;    // what the next stage reads
    ring::descriptor err_;        // what all stages write their errors to
    pipe_end in_, out_, errors_;
    std::string out_text_, err_text_;
    std::vector<exit_status> ends_;
    bool done_ = false;
};

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#include <coil/process/run.hpp>

#include <coil/process/family.hpp>

namespace coil::process {

namespace {

task<completed> run_family(std::vector<plan> stages, family_settings s) {
    family f(std::move(stages));
    completed c = co_await f.run(s);
    co_return c;
}

}  // namespace

task<completed> run_planned(std::vector<plan> stages, const run_options& o) {
    family_settings s{.input = o.input, .timeout = o.timeout, .check = o.check};
    if (o.grace.given()) s.grace = o.grace.length();
    // who has to be ended is ended with all that it began
    if (o.timeout.given() && stages.front().group.what() == group_option::kind::automatic)
        stages.front().group = own_group;
    return run_family(std::move(stages), s);
}

}  // namespace coil::process

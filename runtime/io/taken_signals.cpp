// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/taken_signals.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace coil {

namespace {

std::mutex lock;
std::vector<std::pair<int, signal_taker>>& all() {
    static auto* const of_process = new std::vector<std::pair<int, signal_taker>>;
    return *of_process;
}

}  // namespace

void take_signal(int number, signal_taker who) {
    const std::scoped_lock hold(lock);
    for (const auto& [other, by] : all())
        if (other == number && (by != who || who == signal_taker::set))
            throw std::logic_error("coil: signal " + std::to_string(number) + " is taken by " +
                                   (by == signal_taker::set ? "a signal_set" : "coil::stop_on"));
    all().emplace_back(number, who);
}

void give_signal_back(int number) noexcept {
    const std::scoped_lock hold(lock);
    const auto at = std::find_if(all().begin(), all().end(), [&](const auto& t) { return t.first == number; });
    if (at != all().end()) all().erase(at);
}

}  // namespace coil

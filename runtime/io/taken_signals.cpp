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

const char* taker_name(signal_taker who) noexcept {
    return who == signal_taker::set ? "a signal_set" : "coil::stop_on";
}

// Guarded by the lock.
struct signal_loan {
    int number = 0;  // 0: none
    void (*hand_over)(int, const char*) noexcept = nullptr;
} present_loan;

}  // namespace

void take_signal(int number, signal_taker who) {
    const std::scoped_lock hold(lock);
    for (const auto& [other, by] : all())
        if (other == number && (by != who || who == signal_taker::set))
            throw std::logic_error("coil: signal " + std::to_string(number) + " is taken by " +
                                   taker_name(by));
    all().emplace_back(number, who);
    if (number != 0 && present_loan.number == number) {
        present_loan.number = 0;
        present_loan.hand_over(number, taker_name(who));
    }
}

void give_signal_back(int number) noexcept {
    const std::scoped_lock hold(lock);
    const auto at = std::find_if(all().begin(), all().end(), [&](const auto& t) { return t.first == number; });
    if (at != all().end()) all().erase(at);
}

const char* lend_signal(int number, const char* (*begin)(int) noexcept,
                        void (*hand_over)(int, const char*) noexcept) noexcept {
    const std::scoped_lock hold(lock);
    for (const auto& [taken, by] : all())
        if (taken == number) return by == signal_taker::set ? "a signal_set has it" : "coil::stop_on has it";
    const char* const refused = begin(number);
    if (refused == nullptr) present_loan = {number, hand_over};
    return refused;
}

void take_loan_back(void (*f)() noexcept) noexcept {
    const std::scoped_lock hold(lock);
    if (std::exchange(present_loan.number, 0) != 0) f();
}

}  // namespace coil

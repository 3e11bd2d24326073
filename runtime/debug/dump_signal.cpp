// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/dump_signal.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/debug/variables.hpp>
#include <coil/runtime/debug/watch_thread.hpp>
#include <coil/runtime/io/taken_signals.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <new>
#include <string>
#include <system_error>

namespace coil::debug {

namespace {

struct sigaction before_dumps {};
std::atomic<int> borrowed_signal{0};  // written under the lock of the taken signals, as the one above

void on_dump_signal(int) {
    the_watch_thread().ask_for_dump();  // it touches two words, and errno is as it was
}

// Unless the program has set another handler by itself.
void put_back() noexcept {
    if (const int number = borrowed_dump_signal(); number != 0) ::sigaction(number, &before_dumps, nullptr);
    borrowed_signal = 0;
}

void hand_over(int number, const char* taker) noexcept {
    put_back();
    try {
        log("COIL_DUMP_SIGNAL: " + name_of_signal(number) + " is taken by " + taker + " from here on, and dumps no more");
    } catch (const std::bad_alloc&) {
        log("COIL_DUMP_SIGNAL: the signal is taken by the program, and dumps no more");
    }
}

// Null if it went well.
const char* set_handler(int number) noexcept {
    struct sigaction mine {};
    mine.sa_handler = &on_dump_signal;
    mine.sa_flags = SA_RESTART;
    ::sigemptyset(&mine.sa_mask);
    if (::sigaction(number, nullptr, &before_dumps) != 0) return "the system knows no such signal";
    if (::sigaction(number, &mine, nullptr) != 0) return "the system does not give it";
    borrowed_signal = number;
    return nullptr;
}

}  // namespace

int borrowed_dump_signal() noexcept {
    const int number = borrowed_signal;
    struct sigaction now {};
    return number != 0 && ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == &on_dump_signal ? number : 0;
}

bool borrow_dump_signal(int number) noexcept {
    the_watch_thread();  // made here, and not in the handler
    const char* const refused = lend_signal(number, &set_handler, &hand_over);
    if (refused == nullptr) return true;
    try {
        log("COIL_DUMP_SIGNAL: " + name_of_signal(number) + " dumps nothing: " + refused);
    } catch (const std::bad_alloc&) {
        log("COIL_DUMP_SIGNAL: the signal dumps nothing");
    }
    return false;
}

void return_dump_signal() noexcept {
    take_loan_back(&put_back);
}

}  // namespace coil::debug

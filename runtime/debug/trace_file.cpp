// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/trace_file.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/debug/trace_event.hpp>

#include <unistd.h>
#include <cerrno>
#include <exception>
#include <new>
#include <system_error>

namespace coil::debug {

namespace {

constexpr std::string_view beginning = "[\n";

std::string with_process_number(std::string_view path, const std::string& number) {
    std::string text;
    for (std::size_t at; (at = path.find("%p")) != std::string_view::npos; path.remove_prefix(at + 2))
        text.append(path.substr(0, at)).append(number);
    return text.append(path);
}

}  // namespace

bool trace_file::open(std::string_view path) noexcept {
    const std::scoped_lock guard(lock_);
    if (asked_ == path) return is_open();
    open_.store(false, std::memory_order_release);
    try {
        asked_ = path;
        begin(path);
    } catch (const std::bad_alloc&) {
        fail(-ENOMEM, "open");
    }
    return is_open();
}

void trace_file::begin(std::string_view path) {
    const int process = ::getpid();
    const std::string number = std::to_string(process);
    path_ = with_process_number(path, number);
    int error = file_.open(path_.c_str());
    if (error == -EWOULDBLOCK) {
        log("COIL_TRACE: another process writes " + path_ + "; this one writes " + path_ + "." + number);
        path_.append(".").append(number);
        error = file_.open(path_.c_str());
    }
    if (error != 0) return fail(error, "open");
    end_.clear();
    append_end(end_, ::program_invocation_short_name, process);
    next_.assign(beginning).append(end_);
    size_ = static_cast<std::int64_t>(beginning.size());
    error = file_.write_at(0, next_);
    if (error != 0) return fail(error, "write");
    number_.fetch_add(1);
    open_.store(true, std::memory_order_release);
}

void trace_file::write(std::string_view events) noexcept {
    const std::scoped_lock guard(lock_);
    if (!is_open() || events.empty()) return;
    int error = -ENOMEM;
    try {
        next_.assign(events).append(end_);
        error = file_.write_at(size_, next_);
    } catch (const std::bad_alloc&) {
        // as any other error
    }
    if (error == 0) {
        size_ += static_cast<std::int64_t>(events.size());
        return;
    }
    // the end lay here before, so there is room for it
    file_.write_at(size_, end_);
    file_.truncate(size_ + static_cast<std::int64_t>(end_.size()));
    fail(error, "write");
}

void trace_file::fail(int error, const char* what) noexcept {
    open_.store(false, std::memory_order_release);
    file_.close();
    try {
        log("COIL_TRACE: " + std::string(what) + " " + path_ + ": " + std::generic_category().message(-error) +
            "; the program goes on without a trace");
    } catch (const std::bad_alloc&) {
        log("COIL_TRACE: the program goes on without a trace");
    }
}

trace_file& the_trace() noexcept {
    static auto* const of_process = new trace_file;
    return *of_process;
}

}  // namespace coil::debug

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coil::process {

/// Says where an exception was thrown that came from another process; every one that comes has this for a base.
class remote_cause {
public:
    remote_cause(std::string type, int pid) : type_name_(std::move(type)), pid_(pid) {}
    virtual ~remote_cause() = default;
    /// The type that was thrown there, as it is written in the source: "app::bad_order".
    const std::string& type_name() const noexcept { return type_name_; }
    /// The process that threw it.
    int pid() const noexcept { return pid_; }

private:
    std::string type_name_;
    int pid_;
};

/// Is an exception of another process whose type cannot be had here. `what()` is "type: text".
class remote_error : public std::runtime_error, public remote_cause {
public:
    remote_error(std::string type, std::string text, int pid)
        : std::runtime_error(type + ": " + text), remote_cause(std::move(type), pid), text_(std::move(text)) {}
    /// What its `what()` said there.
    const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

/// Is an exception of another process of a type of the standard library, which handlers for that type catch.
template <class E>
class remote_exception final : public E, public remote_cause {
public:
    template <class... A>
    remote_exception(std::string type, int pid, A&&... a)
        : E(std::forward<A>(a)...), remote_cause(std::move(type), pid) {}
};

/// Is thrown by what waited for an item that a worker was at when it died; it names the signal or the exit code.
class worker_died : public std::runtime_error {
public:
    worker_died(const std::string& text, int pid, int signal, int exit_code)
        : std::runtime_error(text), pid_(pid), signal_(signal), exit_code_(exit_code) {}
    int pid() const noexcept { return pid_; }
    int signal() const noexcept { return signal_; }        // 0 if none killed it
    int exit_code() const noexcept { return exit_code_; }  // meaningful without a signal

private:
    int pid_;
    int signal_;
    int exit_code_;
};

/// Writes an exception down for another process: its type, its text, and if it is of the standard library which one.
void encode_exception(encoder& to, const std::exception_ptr& e);
/// Makes of it: `remote_exception` of the nearest type of the standard library, or `remote_error`.
std::exception_ptr decode_exception(decoder& from);
/// "std::out_of_range: no such thing", for a report. Never throws.
std::string describe_exception(const std::exception_ptr& e) noexcept;

}  // namespace coil::process

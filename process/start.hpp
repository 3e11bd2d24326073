// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/codec.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/function.hpp>
#include <coil/process/worker.hpp>
#include <coil/runtime/coro/task.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace coil::process {

/// Says how a worker is started.
struct start_options {
    std::string_view name = {};  ///< not given: "worker-1" and so on
    bool daemon = false;         ///< it does not keep the run alive, and is terminated at the end of the run
};

/// What `start` asks for, with the arguments written down.
class start_request {
public:
    template <auto F, class... A>
    static start_request of(const start_options& o, A&&... arguments) {
        start_request r(o, function_object<F>, std::is_same_v<result_of<F>, int>);
        encode(r.message, kept_parameters<F, A&&...>(std::forward<A>(arguments)...));
        return r;
    }
    std::string name;
    bool daemon;
    const function_entry* function;
    bool yields_code;
    encoder message;

private:
    start_request(const start_options& o, const function_entry& f, bool code)
        : name(o.name), daemon(o.daemon), function(&f), yields_code(code) {}
};

[[nodiscard("co_await it")]] task<worker> start_process(start_request r);

/// Starts a process that calls F, a function or a closure without captures: this program, started again (see `init`), with
/// the arguments by `codec`. A function that returns a `task` is run there. What it returns is the exit code if that is an
/// int, else nothing.
/// Completes: when the process runs, with its handle. The run waits for it at its end as for a task; a daemon is then
/// terminated instead, and ended if it takes longer than a second.
/// Errors: `std::logic_error` if `init` was not called; `std::system_error` if the process cannot be made.
/// Cancel: no process is left. If the run is stopped later, the process is terminated.
/// Lifetime: it ends with this process, however that ends; dropping the handle changes nothing.
/// Cost: some 2 ms until F is called; 100 us of the keeper's thread.
template <auto F, class... A>
[[nodiscard("co_await it")]] task<worker> start(start_options options, A&&... arguments) {
    static_assert(calls_with<F, A&&...>, "coil::process: F cannot be called with these");
    return start_process(start_request::of<F>(options, std::forward<A>(arguments)...));
}
template <auto F>
[[nodiscard("co_await it")]] task<worker> start() {
    return start<F>(start_options());
}
template <auto F, class First, class... A>
    requires(!std::same_as<std::remove_cvref_t<First>, start_options>)
[[nodiscard("co_await it")]] task<worker> start(First&& first, A&&... arguments) {
    return start<F>(start_options(), std::forward<First>(first), std::forward<A>(arguments)...);
}

}  // namespace coil::process

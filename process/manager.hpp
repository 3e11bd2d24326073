// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/codec.hpp>
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/managed.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/coro/task.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace coil::process {

class manager_process;

/// Is a process that keeps objects for others: lists, dictionaries, values, namespaces, locks and queues, each with a name.
/// `co_await mgr.list<int>("xs")` makes the object or finds it, and yields a proxy; a proxy can be passed to workers, by
/// `start` and by pools, and is there a proxy of the same object. The manager's process does one operation at a time.
/// Errors: `std::logic_error` if `init` was not called; `std::invalid_argument` for a name that is in use for another kind.
/// `manager_died` from every operation, waiting or later, once its process has ended: at once, not after a time.
/// Threads: any. Lifetime: destroying it ends the process, and with it the objects; it ends with this process in any case.
/// Cost: an operation is a message and its answer by a socket.
class manager {
public:
    manager();
    manager(manager&&) noexcept = default;
    manager& operator=(manager&& other) noexcept;
    ~manager();

    template <class T>
    [[nodiscard("co_await it")]] task<managed_list<T>> list(std::string_view name) {
        return open<managed_list<T>>(connect(managed_kind::list, name));
    }
    template <class K, class V>
    [[nodiscard("co_await it")]] task<managed_dict<K, V>> dict(std::string_view name) {
        return open<managed_dict<K, V>>(connect(managed_kind::dict, name));
    }
    template <class T>
    [[nodiscard("co_await it")]] task<managed_value<T>> value(std::string_view name) {
        return open<managed_value<T>>(connect(managed_kind::value, name));
    }
    [[nodiscard("co_await it")]] task<managed_namespace> name_space(std::string_view name) {
        return open<managed_namespace>(connect(managed_kind::dict, name));
    }
    [[nodiscard("co_await it")]] task<managed_lock> lock(std::string_view name) {
        return open<managed_lock>(connect(managed_kind::lock, name));
    }
    /// Shape: `maxsize` 0 or not given: no limit; the first who opens it says.
    template <class T>
    [[nodiscard("co_await it")]] task<managed_queue<T>> queue(std::string_view name, count maxsize = {}) {
        return open<managed_queue<T>>(connect(managed_kind::queue, name, maxsize.value_or(0)));
    }

    /// The manager's process.
    int pid() const noexcept;

private:
    manager_connection connect(managed_kind kind, std::string_view name, std::uint64_t limit = 0) const;
    template <class Proxy>
    static task<Proxy> open(manager_connection c) {
        co_await c.open();
        co_return Proxy(std::move(c));
    }

    std::shared_ptr<manager_process> process_;
};

}  // namespace coil::process

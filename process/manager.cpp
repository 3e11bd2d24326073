// SPDX-License-Identifier: BSL-1.0
#include <coil/process/manager.hpp>

#include <coil/process/clone.hpp>
#include <coil/process/init.hpp>
#include <coil/process/keeper.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/process/worker_main.hpp>

#include <csignal>
#include <utility>

namespace coil::process {

/// Owns the process that keeps the objects.
class manager_process {
public:
    manager_process() {
        worker_process& w = *process_;
        w.arguments = {std::string(worker_mark), std::string(manager_worker), "manager"};
        w.descriptors = {lifeline(), sockets_->theirs.number()};
        // once the process runs, its end of the socket is its alone: so its death is the end of every stream
        w.started = [sockets = sockets_](int) { sockets->theirs.reset(); };
        start_worker(process_);
    }
    manager_process(const manager_process&) = delete;
    manager_process& operator=(const manager_process&) = delete;
    ~manager_process() { process_->send(SIGKILL); }

    int introductions() const noexcept { return sockets_->ours.number(); }
    int pid() const noexcept { return process_->pid(); }

private:
    std::shared_ptr<socket_pair> sockets_ = std::make_shared<socket_pair>(make_socket_pair());
    std::shared_ptr<worker_process> process_ = std::make_shared<worker_process>();
};

manager::manager() : process_((require_init(), std::make_shared<manager_process>())) {}
manager& manager::operator=(manager&& other) noexcept {
    std::swap(process_, other.process_);
    return *this;
}
manager::~manager() = default;

manager_connection manager::connect(managed_kind kind, std::string_view name, std::uint64_t limit) const {
    encoder to = request(manager_op::open);
    to.value(kind);
    encode(to, std::string(name));
    to.value(limit);
    return manager_connection::make(process_->introductions(), to.take_message());
}

int manager::pid() const noexcept { return process_->pid(); }

}  // namespace coil::process

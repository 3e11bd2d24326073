// SPDX-License-Identifier: BSL-1.0
#include "modes/processes.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "child/child.hpp"
#include "child/role.hpp"
#include "child/transfer.hpp"
#include "modes/worker_protocol.hpp"

namespace versus {
namespace {

// The next item lies in the pipe already while a worker is at the one before: it never waits for its orders.
constexpr std::size_t most_orders_ahead = 2;

class crew {
public:
    crew(const work_spec& spec, std::size_t items, std::size_t width) : results_(items) {
        const std::string text = encode(spec);
        const std::uint64_t size = text.size();
        workers_.reserve(width);
        for (std::size_t i = 0; i < width; ++i)
            workers_.push_back(child::start_role(role::worker));
        for (child& each : workers_) {
            write_all(each.in().get(), std::as_bytes(std::span(&size, 1)), "to a worker process");
            write_all(each.in().get(), text, "to a worker process");
        }
        for (std::size_t i = 0; i < most_orders_ahead; ++i) {
            for (child& each : workers_)
                order(each);
        }
    }

    mode_outcome work() {
        while (answered_ < next_ || (failure_.empty() && next_ < results_.size()))
            receive_some();
        mode_outcome outcome;
        for (child& each : workers_)
            each.in().reset();
        for (child& each : workers_)
            outcome.helpers_peak_kib += dismiss(each);
        if (!failure_.empty()) throw std::runtime_error(failure_);
        outcome.results = std::move(results_);
        return outcome;
    }

private:
    void order(child& to) {
        if (next_ == results_.size() || !failure_.empty()) return;
        const worker_order item = next_++;
        write_all(to.in().get(), std::as_bytes(std::span(&item, 1)), "an item to a worker process");
    }

    void receive_some() {
        std::vector<pollfd> ready;
        for (child& each : workers_)
            ready.push_back({each.out().get(), POLLIN, 0});
        if (::poll(ready.data(), ready.size(), -1) < 0) {
            if (errno == EINTR) return;
            throw std::system_error(errno, std::generic_category(), "poll the worker processes");
        }
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            if (ready[i].revents != 0) take_reply(workers_[i]);
        }
    }

    worker_reply read_reply(child& from) {
        worker_reply reply;
        if (!read_exactly(from.out().get(), std::as_writable_bytes(std::span(&reply, 1)), "from a worker process")) {
            throw std::runtime_error("a worker process " + from.wait().describe() + " in the middle of its work");
        }
        return reply;
    }

    void take_reply(child& from) {
        const worker_reply reply = read_reply(from);
        ++answered_;
        if (reply.what == worker_reply::kind::failure) {
            std::string text(reply.text_bytes, '\0');
            read_exactly(from.out().get(), std::as_writable_bytes(std::span(text)), "from a worker process");
            if (failure_.empty()) failure_ = text;
        } else {
            results_.at(reply.item) = reply.value;
        }
        order(from);
    }

    long dismiss(child& each) {
        const worker_reply farewell = read_reply(each);
        const child_end end = each.wait();
        if (!end.well()) throw std::runtime_error("a worker process " + end.describe());
        return static_cast<long>(farewell.value);
    }

    std::vector<std::uint64_t> results_;
    std::vector<child> workers_;
    std::size_t next_ = 0;
    std::size_t answered_ = 0;
    std::string failure_;
};

}  // namespace

mode_outcome run_processes(const workload& work, const work_spec& spec, std::size_t width) {
    return crew(spec, work.items(), std::min(width, work.items())).work();
}

}  // namespace versus

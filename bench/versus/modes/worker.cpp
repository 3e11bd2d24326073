// SPDX-License-Identifier: BSL-1.0
#include <unistd.h>

#include <exception>
#include <span>
#include <stdexcept>
#include <string>

#include "child/transfer.hpp"
#include "measure/usage.hpp"
#include "modes/worker_protocol.hpp"
#include "work/catalog.hpp"

namespace versus {
namespace {

constexpr const char* from_parent = "from the process that hands out the items";
constexpr const char* to_parent = "to the process that hands out the items";

work_spec read_work_spec() {
    std::uint64_t size = 0;
    if (!read_exactly(STDIN_FILENO, std::as_writable_bytes(std::span(&size, 1)), from_parent)) {
        throw std::runtime_error("no work was described");
    }
    std::string text(size, '\0');
    read_exactly(STDIN_FILENO, std::as_writable_bytes(std::span(text)), from_parent);
    return decode_work_spec(text);
}

void send(const worker_reply& reply, std::string_view text = {}) {
    // One write, so that a result costs one system call.
    std::string bytes(reinterpret_cast<const char*>(&reply), sizeof reply);
    bytes += text;
    write_all(STDOUT_FILENO, bytes, to_parent);
}

}  // namespace

int do_items_of_parent() {
    const work_spec spec = read_work_spec();
    const auto work = find_work(spec.work)->make(spec);
    worker_order item = 0;
    while (read_exactly(STDIN_FILENO, std::as_writable_bytes(std::span(&item, 1)), from_parent)) {
        worker_reply reply;
        reply.item = item;
        std::string error;
        try {
            reply.value = work->run(item);
        } catch (const std::exception& e) {
            error = e.what();
            reply.what = worker_reply::kind::failure;
            reply.text_bytes = static_cast<std::uint32_t>(error.size());
        }
        send(reply, error);
    }
    worker_reply farewell;
    farewell.what = worker_reply::kind::farewell;
    farewell.value = static_cast<std::uint64_t>(peak_memory_kib());
    send(farewell);
    return 0;
}

}  // namespace versus

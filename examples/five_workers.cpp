// SPDX-License-Identifier: BSL-1.0
// One queue, five workers, twenty items: each worker says task_done after each item, join waits until all work is done,
// and a sentinel for each worker ends them. (`close` would do the same in one call; this is how Python programs do it.)
//
// Run it: build/examples/five_workers
// It prints
//    all work is done: 20 of 20 items, each once
//    worker 1 has ended
//    worker 2 has ended
//    worker 3 has ended
//    worker 4 has ended
//    worker 5 has ended
//    one task_done too many: task_done was called more often than items were put into the queue
#include <coil/coil.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int workers = 5;
constexpr int items = 20;

using work_queue = coil::queue<std::optional<int>>;  // nothing in it: the sentinel

coil::task<> work(work_queue& q, std::array<int, items>& done) {
    for (;;) {
        // the outer optional is empty once a queue is closed and drained; this one is not closed
        const std::optional<std::optional<int>> item = co_await q.get();
        if (!item || !*item) break;
        co_await coil::sleep_for(std::chrono::milliseconds(1));  // stands for the work
        ++done[static_cast<std::size_t>(**item)];
        q.task_done();
    }
}

coil::task<> amain() {
    work_queue q;
    std::array<int, items> done{};
    std::vector<coil::join_handle<>> handles;
    for (int i = 1; i <= workers; ++i) {
        const std::string name = "worker " + std::to_string(i);
        handles.push_back(coil::spawn(work(q, done), {.name = name}));
    }
    for (int i = 0; i != items; ++i)
        co_await q.put(i);
    co_await q.join();
    const auto once = std::count(done.begin(), done.end(), 1);
    std::printf("all work is done: %d of %d items, each once\n", static_cast<int>(once), items);

    for (int i = 0; i != workers; ++i)
        co_await q.put(std::nullopt);
    for (coil::join_handle<>& h : handles) {
        co_await h;
        std::printf("%s has ended\n", std::string(h.name()).c_str());
    }

    for (int i = 0; i != workers; ++i)
        q.task_done();  // for the sentinels
    try {
        q.task_done();
    } catch (const std::logic_error& e) {
        const std::string text = e.what();  // "file:line: what was wrong"
        std::printf("one task_done too many: %s\n", text.substr(text.rfind(": ") + 2).c_str());
    }
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "five_workers: %s\n", e.what());
        return 1;
    }
}

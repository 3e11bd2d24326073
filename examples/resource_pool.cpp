// SPDX-License-Identifier: BSL-1.0
// A semaphore: ten named tasks use a pool of three resources. Never more than three are inside; the rest wait, and come
// in the order in which they asked.
//
// Run it: build/examples/resource_pool
// It prints
//    inside: task 0
//    inside: task 0, task 1
//    inside: task 0, task 1, task 2
//    inside: task 1, task 2
//    inside: task 2
//    inside: (nobody)
//    inside: task 3
//    inside: task 3, task 4
//    inside: task 3, task 4, task 5
//    inside: task 4, task 5
//    inside: task 5
//    inside: (nobody)
//    inside: task 6
//    inside: task 6, task 7
//    inside: task 6, task 7, task 8
//    inside: task 7, task 8
//    inside: task 8
//    inside: (nobody)
//    inside: task 9
//    inside: (nobody)
//    at most 3 were inside
#include <coil/coil.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

class resource_pool {
public:
    explicit resource_pool(int size) : free_(size) {}

    coil::task<> use(int turns) {
        auto permit = co_await free_.acquire();
        const std::string me(coil::this_task::name());
        inside_.push_back(me);
        most_ = std::max(most_, inside_.size());
        show();
        for (int i = 0; i != turns; ++i) co_await coil::yield();  // works with it
        std::erase(inside_, me);
        show();
    }
    std::size_t most() const { return most_; }

private:
    void show() const {
        std::string text;
        for (const std::string& name : inside_) text += (text.empty() ? "" : ", ") + name;
        std::printf("inside: %s\n", text.empty() ? "(nobody)" : text.c_str());
    }
    coil::semaphore free_;
    std::vector<std::string> inside_;
    std::size_t most_ = 0;
};

coil::task<> amain() {
    resource_pool pool(3);
    co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
        for (int i = 0; i != 10; ++i) s.spawn(pool.use(3), {.name = "task " + std::to_string(i)});
        co_return;
    });
    std::printf("at most %zu were inside\n", pool.most());
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "resource_pool: %s\n", e.what());
        return 1;
    }
}

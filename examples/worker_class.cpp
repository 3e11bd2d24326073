// SPDX-License-Identifier: BSL-1.0
// A worker class: what Python writes as a subclass of Thread with a run() method. run() is a coroutine here; start()
// spawns it beside the caller, join() waits for it and throws what it threw.
//
// Run it: build/examples/worker_class
// It prints
//    adder is created, reader is created
//    adder is ready, reader is ready
//    reader: page 1
//    reader: page 2
//    reader: page 3
//    adder is done: 5050
//    reader is failed: page 4 is missing
//    a second start: adder was started before
#include <coil/coil.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

// Must outlive its task, which refers to it.
class worker {
public:
    explicit worker(std::string name) : name_(std::move(name)) {}
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    virtual ~worker() = default;

    void start() {
        if (handle_) throw std::logic_error(name_ + " was started before");
        handle_ = coil::spawn(run(), {.name = name_});
    }
    coil::task<> join() { co_await handle_; }

    const char* name() const { return name_.c_str(); }
    std::string_view state() const { return to_string(handle_ ? handle_.state() : coil::task_state::created); }

protected:
    virtual coil::task<> run() = 0;

private:
    std::string name_;
    coil::join_handle<> handle_;
};

class adder final : public worker {
public:
    explicit adder(int last) : worker("adder"), last_(last) {}
    int sum() const { return sum_; }

protected:
    coil::task<> run() override {
        for (int i = 1; i <= last_; ++i) {
            sum_ += i;
            if (i % 10 == 0) co_await coil::yield();  // lets the others have a turn
        }
    }

private:
    int last_;
    int sum_ = 0;
};

class reader final : public worker {
public:
    reader() : worker("reader") {}

protected:
    coil::task<> run() override {
        for (int page = 1; page != 4; ++page) {
            std::printf("reader: page %d\n", page);
            co_await coil::yield();
        }
        throw std::runtime_error("page 4 is missing");
    }
};

void tell(const worker& a, const worker& b) {
    const std::string_view x = a.state(), y = b.state();
    std::printf("%s is %.*s, %s is %.*s\n", a.name(), static_cast<int>(x.size()), x.data(), b.name(),
                static_cast<int>(y.size()), y.data());
}

coil::task<> amain(adder& a, reader& r) {
    tell(a, r);
    a.start();
    r.start();
    tell(a, r);
    co_await a.join();
    std::printf("adder is %s: %d\n", std::string(a.state()).c_str(), a.sum());
    try {
        co_await r.join();
    } catch (const std::runtime_error& e) {
        std::printf("reader is %s: %s\n", std::string(r.state()).c_str(), e.what());
    }
    try {
        a.start();
    } catch (const std::logic_error& e) {
        std::printf("a second start: %s\n", e.what());
    }
}

}  // namespace

int main() {
    try {
        // outside of the run, which waits for every task: they outlive theirs whatever is thrown
        adder a(100);
        reader r;
        coil::run(amain(a, r));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "worker_class: %s\n", e.what());
        return 1;
    }
}

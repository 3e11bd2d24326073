// SPDX-License-Identifier: BSL-1.0
// Five processes with names, each telling its own number and its parent's; first as a function, then as a class with a
// method run(), whose object travels to the process that calls it.
//
// Run it: build/examples/named_processes
// It prints
//    main is process <n > 1>
//    ann is process <n > 1>, a child of main: yes
//    bob is process <n > 1>, a child of main: yes
//    cid is process <n > 1>, a child of main: yes
//    dan is process <n > 1>, a child of main: yes
//    eve is process <n > 1>, a child of main: yes
//    ann, the greeter, says hello 1 times to process <n > 1>
//    bob, the greeter, says hello 2 times to process <n > 1>
//    cid, the greeter, says hello 3 times to process <n > 1>
//    dan, the greeter, says hello 4 times to process <n > 1>
//    eve, the greeter, says hello 5 times to process <n > 1>
#include <coil/coil.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <tuple>

void tell(int main_pid) {
    const coil::process::process_identity me = coil::process::current();
    std::printf("%s is process %d, a child of main: %s\n", me.name.c_str(), me.pid,
                me.parent_pid == main_pid ? "yes" : "no");
}

class greeter {
public:
    greeter() = default;
    greeter(std::string word, int times) : word_(std::move(word)), times_(times) {}
    void run() const {
        const coil::process::process_identity me = coil::process::current();
        std::printf("%s, the greeter, says %s %d times to process %d\n", me.name.c_str(), word_.c_str(), times_,
                    me.parent_pid);
    }
    auto fields() { return std::tie(word_, times_); }  // what travels

private:
    std::string word_;
    int times_ = 0;
};
void run_greeter(const greeter& g) { g.run(); }

coil::task<> amain() {
    const std::array<std::string, 5> names{"ann", "bob", "cid", "dan", "eve"};
    const int own = coil::process::current().pid;
    std::printf("%s is process %d\n", coil::process::current().name.c_str(), own);
    std::fflush(stdout);
    for (const std::string& name : names) {
        coil::process::worker w = co_await coil::process::start<&tell>({.name = name}, own);
        co_await w.join();  // one after the other, for the sake of the order of lines
    }
    int times = 0;
    for (const std::string& name : names) {
        const greeter g("hello", ++times);
        coil::process::worker w = co_await coil::process::start<&run_greeter>({.name = name}, g);
        const coil::process::worker_status end = co_await w.join();
        end.rethrow();
    }
}

int main(int argc, char** argv) {
    coil::process::init(argc, argv);
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "named_processes: %s\n", e.what());
        return 1;
    }
}

// SPDX-License-Identifier: BSL-1.0
// A chat server: the first line that a client sends is its name, every further one goes to all the others. A client that
// does not read is dropped when too much waits for it, and holds nobody up.
//
// Run it: build/examples/chat_server 7000, then from several places: nc 127.0.0.1 7000
// or let three clients of its own talk: build/examples/chat_server --demo
// It prints (with --demo)
//    ann hears: welcome, ann
//    bob hears: welcome, bob
//    ann hears: bob has come
//    ann hears: bob: hello ann
//    bob hears: ann: hello bob
//    ann hears: eve has come
//    bob hears: eve has come
//    ann hears: eve has left
//    bob hears: eve has left
//    bob hears: ann: bye
//    stopped
#include <coil/coil.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using coil::net::endpoint;
using coil::net::tcp_listener;
using coil::net::tcp_stream;
using reader = coil::buffered_reader<tcp_stream&>;

constexpr std::size_t most_unread = 64 * 1024;  // bytes that may wait for one client

// Keeps what is to be written to one client, and wakes the task that writes it.
class outbox {
public:
    void add(std::string_view line) {
        if (waiting_.size() + line.size() > most_unread) overflowed_ = true;
        else waiting_.append(line).append("\n");
        wake();
    }
    void close() {
        closed_ = true;
        wake();
    }
    // Empty when there will be no more.
    coil::task<std::string> next() {
        const auto sleep = [this](coil::resolver<void> r) { wake_ = std::move(r); };
        if (waiting_.empty() && !closed_ && !overflowed_) co_await coil::from_callback<void>(sleep);
        if (overflowed_) throw std::runtime_error("does not read");
        co_return std::exchange(waiting_, {});
    }

private:
    void wake() {
        if (const auto w = std::exchange(wake_, std::nullopt)) w->set_value();
    }
    std::string waiting_;
    bool closed_ = false, overflowed_ = false;
    std::optional<coil::resolver<void>> wake_;
};

// All of it on one loop, so that nothing needs a lock.
class room {
public:
    coil::task<> talk(tcp_stream s) {
        s.set_no_delay(true);
        reader in(s, {.limit = 1024});
        outbox out;
        const auto name = co_await in.read_line();
        if (!name) co_return;
        members_.push_back(&out);
        out.add("welcome, " + *name);
        tell_others(out, *name + " has come");
        std::exception_ptr error;
        try {
            // whichever ends first ends the other: the client has gone, or does not read
            (void)co_await coil::when_any(hear(in, out, *name), write(s, out));
        } catch (...) {
            error = std::current_exception();
        }
        std::erase(members_, &out);
        tell_others(out, *name + " has left");
        if (error) std::rethrow_exception(error);
    }

private:
    coil::task<> hear(reader& in, outbox& own, const std::string& name) {
        auto line = co_await in.read_line();
        while (line) {
            tell_others(own, name + ": " + *line);
            line = co_await in.read_line();
        }
    }
    static coil::task<> write(tcp_stream& s, outbox& own) {
        std::string lines = co_await own.next();
        while (!lines.empty()) {
            co_await s.write(lines);
            lines = co_await own.next();
        }
    }
    void tell_others(const outbox& from, const std::string& line) {
        for (outbox* const member : members_)
            if (member != &from) member->add(line);
    }
    std::vector<outbox*> members_;
};

coil::task<> serve(tcp_listener& l) {
    coil::stop_on({SIGINT, SIGTERM});
    room lobby;
    const auto handler = [&](tcp_stream s) { return lobby.talk(std::move(s)); };
    co_await coil::net::serve(l, handler, {.max_connections = 1000});
}

// ---- the demonstration

coil::task<> hears(reader& in, const char* who) {
    const auto line = co_await in.read_line();
    std::printf("%s hears: %s\n", who, line ? line->c_str() : "the end");
}

coil::task<> demonstrate(tcp_listener& l) {
    auto server = coil::spawn(serve(l));
    tcp_stream ann = co_await tcp_stream::connect(l.local_endpoint());
    reader by_ann(ann);
    co_await ann.write("ann\n");
    co_await hears(by_ann, "ann");
    tcp_stream bob = co_await tcp_stream::connect(l.local_endpoint());
    reader by_bob(bob);
    co_await bob.write("bob\n");
    co_await hears(by_bob, "bob");
    co_await hears(by_ann, "ann");
    co_await bob.write("hello ann\n");
    co_await hears(by_ann, "ann");
    co_await ann.write("hello bob\n");
    co_await hears(by_bob, "bob");
    tcp_stream eve = co_await tcp_stream::connect(l.local_endpoint());
    co_await eve.write("eve\n");
    co_await hears(by_ann, "ann");
    co_await hears(by_bob, "bob");
    co_await eve.close();
    co_await hears(by_ann, "ann");
    co_await hears(by_bob, "bob");
    co_await ann.write("bye\n");
    co_await hears(by_bob, "bob");
    server.cancel();
    co_await server;
}

}  // namespace

int main(int argc, char** argv) {
    const bool demo = argc == 2 && std::strcmp(argv[1], "--demo") == 0;
    if (argc != 2) {
        std::fprintf(stderr, "chat_server PORT | --demo\n");
        return 2;
    }
    try {
        tcp_listener l = tcp_listener::bind(endpoint("127.0.0.1", demo ? 0 : std::atoi(argv[1])));
        coil::run(demo ? demonstrate(l) : serve(l));
    } catch (const coil::cancelled&) {
        std::puts("stopped");
    } catch (const std::exception& e) {
        std::fprintf(stderr, "chat_server: %s\n", e.what());
        return 1;
    }
}

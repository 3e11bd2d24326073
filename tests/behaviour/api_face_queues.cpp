// SPDX-License-Identifier: BSL-1.0
// One use of every spelling of queues, of what else hands values over, and of select, as it would be typed.
#include "face.hpp"

#include <coil/coil.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

using namespace std::chrono_literals;

namespace {

coil::task<int> work(int x) {
    co_await coil::yield();
    co_return x;
}

coil::task<> queues() {
    int maxsize = 4;
    coil::queue<counted> q{maxsize};
    co_await q.put(counted(words()));
    counted named(words(1));
    CHECK(q.try_put(named));
    CHECK(q.try_put(counted(words(2))));
    const bool in_time = co_await q.put_for(counted(words(3)), 1ms);
    CHECK(in_time && q.full() && q.size() == 4 && q.maxsize() == 4);
    const bool late = co_await q.put_for(named, 1ms);
    CHECK(!late);
    auto v = co_await q.get();
    CHECK(v->text == words());
    CHECK(q.try_get()->text == words(1));
    auto w = co_await q.get_for(1ms);
    CHECK(w->text == words(2));
    CHECK((co_await q.get())->text == words(3));
    auto none = co_await q.get_for(1ms);
    CHECK(!none && q.empty());
    for (int i = 0; i < 4; ++i)
        q.task_done();
    co_await q.join();
    bool refused = false;
    try {
        q.task_done();
    } catch (const std::logic_error&) {
        refused = true;
    }
    CHECK(refused);
    co_await q.put(std::move(named));
    const std::vector<counted> rest = q.drain();
    CHECK(rest.size() == 1);
    q.close();
    while (auto item = co_await q.get())
        CHECK(false);
    CHECK(q.closed() && q.statistics().waiters == 0);
    bool negative = false;
    try {
        coil::queue<int> wrong{-1};
    } catch (const std::invalid_argument&) {
        negative = true;
    }
    CHECK(negative);
}

coil::task<> of_all_kinds() {
    coil::queue<std::string> qs{4};
    co_await qs.put("a literal");
    co_await qs.put({});
    co_await qs.put(words());
    qs.put_blocking("x");
    CHECK(qs.get_blocking() == "a literal");
    coil::queue<std::unique_ptr<counted>> qp;
    co_await qp.put(std::make_unique<counted>(words(6)));
    auto up = co_await qp.get();
    CHECK((*up)->text == words(6));
    coil::priority_queue<int> pq;
    coil::priority_queue<int, std::greater<int>> smallest_first{3};
    coil::lifo_queue<int> lq;
    for (const int i : {1, 3, 2}) {
        co_await pq.put(i);
        co_await smallest_first.put(i);
        co_await lq.put(i);
    }
    CHECK(co_await pq.get() == 3);
    CHECK(co_await smallest_first.get() == 1);
    CHECK(co_await lq.get() == 2);

    coil::oneshot<counted> os;
    os.set(counted(words()));
    auto one = co_await os.get();
    CHECK(one.text == words());
    int n = 2;
    coil::broadcast<counted> bc{n};
    auto r = bc.subscribe();
    bc.send(counted(words(1)));
    auto heard = co_await r.next();
    CHECK(heard->text == words(1));
    coil::watch<int> seen{3};
    co_await seen.changed();
    auto mine = seen.watcher();
    seen.set(4);
    CHECK(co_await mine.changed() == 4);
    CHECK(seen.get() == 4);
}

coil::task<> selects() {
    coil::queue<counted> q1{1}, q2{1};
    co_await q1.put(counted(words(7)));
    co_await q2.put(counted(words(8)));
    auto r = co_await coil::select(q1.get(), q2.get(), coil::sleep_for(1ms));
    CHECK(r.index() == 0 && std::get<0>(r)->text == words(7));
    auto s = co_await coil::select(q1.get(), q2.put(counted(words(9))), coil::sleep_for(1ms));
    CHECK(s.index() == 2);  // nothing to get, no room to put
    auto h = coil::spawn(work(5));
    auto t = co_await coil::select(q1.get(), h, coil::sleep_for(1h));
    CHECK(t.index() == 1 && std::get<1>(t) == 5);
    auto u = co_await coil::select(q1.get(), coil::spawn(work(6)));
    CHECK(u.index() == 1 && std::get<1>(u) == 6);
}

coil::task<> readiness() {
    auto l = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0});
    coil::queue<int> q;
    auto r = co_await coil::select(q.get(), l.acceptable(), coil::sleep_for(1ms));
    CHECK(r.index() == 2);
    auto client = co_await coil::net::tcp_stream::connect(l.local_endpoint());
    auto a = co_await coil::select(q.get(), l.acceptable());
    CHECK(a.index() == 1);
    auto s = co_await l.accept();
    q.try_put(1);
    auto b = co_await coil::select(s.readable(), q.get());
    CHECK(b.index() == 1);
    const std::string text = "x";
    co_await client.write(std::as_bytes(std::span(text)));
    auto c = co_await coil::select(s.readable(), q.get());
    CHECK(c.index() == 0);
    std::byte byte;
    const std::size_t n = co_await s.read(std::span(&byte, 1));
    CHECK(n == 1);  // what was waited for is still there
}

coil::task<> all() {
    co_await queues();
    co_await of_all_kinds();
    co_await selects();
    co_await readiness();
    co_await coil::on_pool(queues());
    co_await coil::on_pool(of_all_kinds());
    co_await coil::on_pool(selects());
    co_await coil::on_pool(readiness());
}

}  // namespace

int main() {
    coil::run(all());
    coil::queue<std::string> q{1};
    std::thread other([&] {
        while (auto text = q.get_blocking())
            q.task_done();
    });
    for (int i = 0; i < 100; ++i)
        q.put_blocking(words(i));
    q.join_blocking();
    q.close();
    other.join();
    CHECK(living.empty());
}

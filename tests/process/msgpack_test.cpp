// SPDX-License-Identifier: BSL-1.0
#include <coil/version.hpp>

#if COIL_HAS_MSGPACK
#include <coil/process/msgpack.hpp>

#include <coil/process/channel.hpp>
#include <coil/process/manager.hpp>
#include <coil/process/pool.hpp>
#include <coil/process/queue.hpp>
#include <coil/process/start.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <system_error>
#include <vector>

using coil::task;
namespace process = coil::process;

namespace {

struct order {
    std::string who;
    std::vector<int> what;
    std::map<std::string, double> prices;
    MSGPACK_DEFINE(who, what, prices)
    friend bool operator==(const order&, const order&) = default;
};
struct basket {
    std::string name;
    std::vector<order> orders;
    MSGPACK_DEFINE_MAP(name, orders)
    friend bool operator==(const basket&, const basket&) = default;
};
// No pointer in it, so it travels as its bytes are, with or without msgpack.
struct point {
    int x, y;
    MSGPACK_DEFINE(x, y)
};
// Known by an adaptor alone.
struct parcel {
    std::string text;
    friend bool operator==(const parcel&, const parcel&) = default;
};

order an_order() { return {"ann", {1, 2, 3}, {{"tea", 2.5}, {"milk", 1}}}; }
basket a_basket() { return {"b", {an_order(), {"bob", {}, {}}}}; }

order doubled(order o) {
    for (int& n : o.what) n *= 2;
    return o;
}
std::vector<order> orders_of(const basket& b) { return b.orders; }
void fill(process::queue<order> q, order o) {
    q.put_blocking(o);
    q.put_blocking(doubled(o));
}

template <class T>
std::error_code error_of(std::span<const std::byte> bytes) {
    try {
        process::decoder from(bytes);
        (void)process::decode<T>(from);
    } catch (const std::system_error& e) {
        return e.code();
    }
    return {};
}

}  // namespace

namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
    namespace adaptor {
    template <>
    struct convert<parcel> {
        const msgpack::object& operator()(const msgpack::object& o, parcel& to) const {
            to.text = o.as<std::string>();
            return o;
        }
    };
    template <>
    struct pack<parcel> {
        template <class Stream>
        packer<Stream>& operator()(msgpack::packer<Stream>& to, const parcel& p) const {
            return to.pack(p.text);
        }
    };
    }  // namespace adaptor
}
}  // namespace msgpack
template <>
inline constexpr bool coil::process::by_msgpack<parcel> = true;

namespace {
parcel twice(const parcel& p) { return {p.text + p.text}; }
}  // namespace

static_assert(process::travels_by_msgpack<order> && process::travels_by_msgpack<basket>);
static_assert(process::travels<parcel> && process::travels<std::map<std::string, order>>);
static_assert(process::travels_as_bytes<point> && !process::travels_by_msgpack<point>);

TEST_CASE("msgpack: its types go through a pool, alone and inside of others") {
    coil::run([]() -> task<> {
        process::pool pool{2};
        CHECK(co_await pool.call<&doubled>(an_order()) == doubled(an_order()));
        const basket full = a_basket();
        CHECK(co_await pool.call<&orders_of>(full) == full.orders);
        const std::vector<order> many(100, an_order());
        const auto back = co_await pool.map<&doubled>(many);
        CHECK(back == std::vector<order>(100, doubled(an_order())));
        const parcel p{"text"};
        const parcel longer{"texttext"};
        CHECK(co_await pool.call<&twice>(p) == longer);
        co_await pool.close();
    }());
}

TEST_CASE("msgpack: its types go through queues, channels, start and managers") {
    coil::run([]() -> task<> {
        process::queue<order> q{4};
        const order o = an_order();
        const auto w = co_await process::start<&fill>(q, o);
        CHECK(co_await q.get() == o);
        CHECK(co_await q.get() == doubled(o));
        auto [out, in] = process::make_channel<order>();
        co_await out.send(o);
        CHECK(co_await in.receive() == o);
        process::manager mgr;
        auto value = co_await mgr.value<order>("o");
        co_await value.set(o);
        CHECK(co_await value.get() == o);
    }());
}

TEST_CASE("msgpack: what is cut short, goes on, or was drawn by chance is an error") {
    process::encoder to;
    process::encode(to, a_basket());
    const auto whole = to.message();
    CHECK(!error_of<basket>(whole));
    process::decoder good(whole);
    CHECK(process::decode<basket>(good) == a_basket());
    for (std::size_t size = 0; size < whole.size(); ++size) CHECK(error_of<basket>(whole.first(size)) == std::errc::bad_message);
    // one byte more than the value, and the length says so
    std::vector<std::byte> longer(whole.begin(), whole.end());
    longer.push_back(std::byte{0});
    longer[0] = static_cast<std::byte>(std::to_integer<unsigned>(longer[0]) + 1);
    CHECK(error_of<basket>(longer) == std::errc::bad_message);
    // another type
    process::encoder other;
    process::encode(other, an_order());
    CHECK(error_of<basket>(other.message()) == std::errc::bad_message);
    CHECK(error_of<parcel>(other.message()) == std::errc::bad_message);

    std::mt19937 random(7);
    std::size_t refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::byte> bytes(whole.begin(), whole.end());
        const int changes = 1 + static_cast<int>(random() % 4);
        for (int c = 0; c < changes; ++c) bytes[8 + random() % (bytes.size() - 8)] = static_cast<std::byte>(random());
        const auto error = error_of<basket>(bytes);
        refused += error == std::errc::bad_message;
        CHECK((!error || error == std::errc::bad_message));
    }
    CHECK(refused > 1000);
}

TEST_CASE("msgpack: a length that nothing follows takes no memory") {
    // four thousand million elements, in an array of which each element says the same
    std::vector<std::byte> bytes;
    for (int i = 0; i < 200; ++i) {
        bytes.push_back(std::byte{0xdd});
        for (int k = 0; k < 4; ++k) bytes.push_back(std::byte{0xff});
    }
    CHECK_THROWS_AS(process::read_msgpack<order>(bytes), std::system_error);
    CHECK_THROWS_AS(process::read_msgpack<std::vector<int>>(bytes), std::system_error);
    // arrays of one, as deep as they are many
    CHECK_THROWS_AS(process::read_msgpack<order>(std::vector<std::byte>(100'000, std::byte{0x91})), std::system_error);
    std::vector<std::byte> deep(100'000, std::byte{0x91});
    deep.push_back(std::byte{0});
    CHECK_THROWS_AS(process::read_msgpack<order>(deep), std::system_error);
}
#endif

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/intrusive_list.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace {

struct item : coil::list_hook {
    explicit item(int v) : value(v) {}
    int value;
};
using list = coil::intrusive_list<item>;

std::vector<int> values(list& l) {
    std::vector<int> v;
    for (item* i = l.front(); i; i = l.after(*i)) v.push_back(i->value);
    return v;
}

TEST_CASE("an empty list has no front and nothing to pop") {
    list l;
    CHECK(l.empty());
    CHECK(l.front() == nullptr);
    CHECK(l.pop_front() == nullptr);
}

TEST_CASE("what is pushed at the back leaves at the front, in order") {
    list l;
    item a(1), b(2), c(3);
    for (item* i : {&a, &b, &c}) {
        CHECK_FALSE(i->linked());
        l.push_back(*i);
        CHECK(i->linked());
    }
    CHECK(values(l) == std::vector<int>{1, 2, 3});
    CHECK(l.pop_front() == &a);
    CHECK_FALSE(a.linked());
    CHECK(l.front() == &b);
    CHECK(l.pop_front() == &b);
    CHECK(l.pop_front() == &c);
    CHECK(l.empty());
}

TEST_CASE("an element leaves from the front, the middle and the end, and may come back") {
    item a(1), b(2), c(3);
    for (item* gone : {&a, &b, &c}) {
        list l;
        l.push_back(a);
        l.push_back(b);
        l.push_back(c);
        list::remove(*gone);
        CHECK_FALSE(gone->linked());
        std::vector<int> left{1, 2, 3};
        left.erase(left.begin() + (gone->value - 1));
        CHECK(values(l) == left);
        l.push_back(*gone);
        left.push_back(gone->value);
        CHECK(values(l) == left);
        while (l.pop_front()) {}
    }
}

TEST_CASE("the next element is asked before its neighbour leaves") {
    list l;
    std::vector<item> items;
    for (int i = 0; i != 10; ++i) items.emplace_back(i);
    for (item& i : items) l.push_back(i);
    for (item* i = l.front(); i;) {
        item* next = l.after(*i);
        if (i->value % 2) list::remove(*i);
        i = next;
    }
    CHECK(values(l) == std::vector<int>{0, 2, 4, 6, 8});
}

TEST_CASE("a list does as a vector does, whatever the order of operations") {
    std::mt19937 random(20260807);
    std::vector<item> items;
    for (int i = 0; i != 32; ++i) items.emplace_back(i);
    list l;
    std::vector<int> model;
    for (int round = 0; round != 20000; ++round) {
        item& i = items[random() % items.size()];
        if (i.linked()) {
            list::remove(i);
            model.erase(std::find(model.begin(), model.end(), i.value));
        } else {
            l.push_back(i);
            model.push_back(i.value);
        }
        REQUIRE(l.empty() == model.empty());
        REQUIRE((l.front() ? l.front()->value : -1) == (model.empty() ? -1 : model.front()));
    }
    CHECK(values(l) == model);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/branch.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

namespace {

TEST_CASE("a forked branch has its parent's home, root and bindings, and a region of its own") {
    coil::manual_executor home;
    noting_owner owner;
    spawned h(home, owner, []() -> coil::task<> { co_return; }());
    coil::branch& root = h->root_branch;
    CHECK(root.root == &*h);
    CHECK(root.home == &home);
    CHECK(root.bindings() == nullptr);

    int key = 0, value = 0;
    coil::local_binding binding{&key, &value, nullptr};
    root.bind(binding);
    coil::region inside(root.innermost);
    coil::branch child;
    child.fork_from(root, inside);
    CHECK(child.innermost == &inside);
    CHECK(child.root == root.root);
    CHECK(child.home == &home);
    CHECK(child.bindings() == &binding);

    // what the child changes is its own
    coil::local_binding own{&key, nullptr, child.bindings()};
    child.bind(own);
    child.home = nullptr;
    CHECK(root.bindings() == &binding);
    CHECK(root.home == &home);

    h.start();
    home.drain();
}

TEST_CASE("a binding leaves the marks of time limits as they are") {
    coil::branch b;
    coil::local_binding binding{nullptr, nullptr, nullptr};
    b.inherited |= coil::branch::timed;
    b.bind(binding);
    CHECK(b.bindings() == &binding);
    CHECK((b.inherited & coil::branch::tags) == coil::branch::timed);
    coil::region inside;
    coil::branch child;
    child.fork_from(b, inside);
    CHECK(child.inherited == b.inherited);
}

}  // namespace

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/sched/inbox.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <memory>

namespace {

struct letter : coil::node {
    model::plain<int> text{"what was posted"};
};
struct mailbox {
    coil::inbox inbox;
    coil::parker parker;  // stands for the ring in which the owner sleeps
    letter letters[3];
};

void post(mailbox& m, letter& first, letter& last, bool may_be_late = false) {
    for (letter* l : {&first, &last}) l->text.write(1);
    if (&first != &last) first.next = &last;
    switch (m.inbox.post(first, last, may_be_late)) {
    case coil::inbox::duty::none: break;
    case coil::inbox::duty::wake: m.parker.unpark(); break;
    case coil::inbox::duty::wake_later:
        if (m.inbox.withdraw()) m.parker.unpark();
        break;
    }
}

// The owner: takes what is there, and sleeps when nothing is, until it has had so many.
void run_owner(model::explorer& run, mailbox& m, int all) {
    int had = 0;
    while (had != all) {
        coil::node_list mine;
        m.inbox.collect(mine);
        if (mine.empty()) {
            if (m.inbox.announce_sleep()) m.parker.park();
            continue;
        }
        while (coil::node* n = mine.pop_front()) {
            run.expect(static_cast<letter*>(n)->text.read() == 1, "a node without what was written before it was posted");
            ++had;
        }
    }
    run.expect(m.inbox.empty(), "more came out than was put in");
}

void two_post(model::explorer& run) {
    auto m = std::make_shared<mailbox>();
    run.thread([=, &run] { run_owner(run, *m, 3); });
    run.thread([=] { post(*m, m->letters[0], m->letters[0]); });
    run.thread([=] { post(*m, m->letters[1], m->letters[2]); });
}

// Somebody writes a word, posts nothing, and has the owner look round.
void roused(model::explorer& run) {
    struct told : mailbox {
        coil::atomic_word<int> word{0};
    };
    auto m = std::make_shared<told>();
    run.thread([=] {
        for (;;) {
            coil::node_list mine;
            m->inbox.collect(mine);
            if (m->word.load(std::memory_order_relaxed) == 1) return;
            if (m->inbox.announce_sleep()) m->parker.park();
        }
    });
    run.thread([=] {
        m->word.store(1, std::memory_order_relaxed);
        if (m->inbox.rouse()) m->parker.unpark();
    });
}

}  // namespace

TEST_CASE("model: what is posted to a loop comes out once, and a loop that sleeps is woken") {
    model::check_every_order({two_post, roused}, {"inbox.hpp"},
                             // a swap of the one word that posters swap as well: any order does, and costs the same
                             {"only_doze ? dozing : asleep"});
}

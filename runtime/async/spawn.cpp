// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/spawn.hpp>

namespace coil {

namespace {
struct frame_guard {
    std::coroutine_handle<> frame;
    ~frame_guard() {
        if (frame) frame.destroy();
    }
};
}  // namespace

task_record& spawn_frame(promise_base& first, std::coroutine_handle<> frame, const spawn_options& options, place where,
                         executor* home, task_owner* owner) {
    frame_guard guard{frame};
    branch* current = this_thread.current;
    if (!current && (!home || !owner))
        misuse("spawn outside of a run: start the program with coil::run, or use coil::block_on", where);
    if (!home) home = current->home;
    if (!owner) owner = &current->root->owner().run();
    task_record* r = task_record::make(first, frame, *home, owner, where);
    guard.frame = nullptr;
    try {
        r->set_name(options.name);
        r->daemon = options.daemon;
        owner->add(*r);
    } catch (...) {
        r->abandon();
        throw;
    }
    r->start();
    return *r;
}

}  // namespace coil

// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/walk.hpp>

#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/io/directory_walker.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <utility>

namespace coil::fs {

async_generator<entry> walk(std::filesystem::path directory, walk_options options) {
    directory_walker walker(std::move(directory), options);
    while (!walker.over()) {
        ring::ring& entries = ring::io_home_for(*this_thread.current).entries;
        const auto fill = [&] { walker.fill(entries); };
        co_await blocking(fill);
        for (entry& e : walker.found())
            co_yield std::move(e);
        walker.check();
    }
}

}  // namespace coil::fs

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/walk.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace coil::fs {

// Is the state of a walk: what has been found, the directory that is being read, those that are still to be read.
// `fill` waits for the disk; it runs on a thread that may.
class directory_walker {
public:
    directory_walker(std::filesystem::path root, walk_options options);

    // Reads until there is a block of entries, or nothing more.
    void fill(ring::ring& by);
    std::vector<entry>& found() noexcept { return found_; }
    bool over() const noexcept { return !current_ && pending_.empty(); }
    // Throws what ended the walk, if it was an error.
    void check() const;

private:
    struct place_to_go {
        entry itself;
        std::size_t level = 0;  // depth of what lies in it
    };

    void enter(ring::ring& by);
    void read_block(ring::ring& by);
    void leave() noexcept;
    void fail(int error);
    void add(ring::ring& by, std::uint64_t inode, unsigned char kind, const char* name);
    bool has_been_walked(ring::ring& by);

    static constexpr std::size_t block = 32768;
    walk_options options_;
    std::vector<entry> found_;
    std::vector<place_to_go> pending_;  // the next one last
    place_to_go here_;
    std::string prefix_;              // of paths in the present directory
    std::size_t pending_before_ = 0;  // how many were pending when it was entered
    ring::descriptor current_;
    std::unique_ptr<std::byte[]> buffer_;
    int error_ = 0;
    std::string failed_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> walked_;  // device and inode, where links are followed
};

}  // namespace coil::fs

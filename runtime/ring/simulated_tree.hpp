// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct statx;

namespace coil::ring {

// What a name in the tree leads to.
struct simulated_inode {
    enum class sort : std::uint8_t { regular, directory, link, socket };
    sort what = sort::regular;
    unsigned mode = 0;  // permissions; they forbid nothing
    std::uint64_t number = 0;
    unsigned names = 0;
    std::int64_t changed = 0;  // ns, of the virtual clock
    std::string bytes;         // of a regular file, or where a link points
    std::map<std::string, std::shared_ptr<simulated_inode>, std::less<>> entries;  // of a directory
    std::weak_ptr<simulated_inode> parent;                                         // of a directory

    bool is_directory() const noexcept { return what == sort::directory; }
    void describe(struct ::statx& to) const noexcept;
    unsigned char entry_type() const noexcept;  // DT_
};
using simulated_inode_ptr = std::shared_ptr<simulated_inode>;

// A file system in memory: the root, and /tmp. Errors are negative errnos.
class simulated_tree {
public:
    explicit simulated_tree(const std::uint64_t& now);

    // What is made of a link at the end of a path: it is followed; only if a slash comes after it; never, because the
    // path is a name that is given or taken.
    enum class last : std::uint8_t { followed, itself, named };
    // Where a path ends: the directory, the name in it, and what lies there, or null. The directory is null after an
    // error. A path that ends in dots, or is the root, has no name.
    struct spot {
        long error = 0;
        simulated_inode_ptr directory;
        std::string name;
        simulated_inode_ptr what;
        bool wants_directory = false;  // a slash ends the path
        bool is_parent = false;        // two dots do
    };
    // `from` is where a relative path begins; null: the root.
    spot find(const simulated_inode_ptr& from, std::string_view path, last how) const;

    long make(const spot& at, simulated_inode::sort what, unsigned mode, std::string bytes = {});
    long remove(const spot& at, bool directory);
    long link(const spot& from, const spot& to);
    long rename(const spot& from, const spot& to, unsigned flags);
    // It was written to.
    void touch(simulated_inode& what) const noexcept { what.changed = static_cast<std::int64_t>(now_); }

private:
    struct walk;
    long walk_on(walk& w, std::string_view path, last how) const;
    bool is_below(simulated_inode_ptr what, const simulated_inode_ptr& above) const;
    void put(const spot& at, simulated_inode_ptr what);

    const std::uint64_t& now_;
    std::uint64_t numbers_ = 1;
    simulated_inode_ptr root_;
};

}  // namespace coil::ring

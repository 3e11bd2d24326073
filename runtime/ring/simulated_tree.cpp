// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_tree.hpp>

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include <cerrno>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif
#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

namespace coil::ring {

namespace {
constexpr unsigned block = 4096;
constexpr int most_links = 40;
}  // namespace

// ---- what one is

unsigned char simulated_inode::entry_type() const noexcept {
    switch (what) {
    case sort::directory:
        return DT_DIR;
    case sort::link:
        return DT_LNK;
    case sort::socket:
        return DT_SOCK;
    default:
        return DT_REG;
    }
}

void simulated_inode::describe(struct ::statx& to) const noexcept {
    to = {};
    to.stx_mask = STATX_BASIC_STATS;
    to.stx_blksize = block;
    to.stx_nlink = names;
    to.stx_mode = static_cast<std::uint16_t>(static_cast<unsigned>(DTTOIF(entry_type())) | mode);
    to.stx_ino = number;
    to.stx_size = is_directory() ? block : bytes.size();
    to.stx_blocks = (to.stx_size + block - 1) / block * (block / 512);
    for (auto* time : {&to.stx_atime, &to.stx_mtime, &to.stx_ctime}) {
        time->tv_sec = changed / 1'000'000'000;
        time->tv_nsec = static_cast<std::uint32_t>(changed % 1'000'000'000);
    }
}

simulated_tree::simulated_tree(const std::uint64_t& now) : now_(now), root_(std::make_shared<simulated_inode>()) {
    root_->what = simulated_inode::sort::directory;
    root_->mode = 0755;
    root_->number = numbers_;
    root_->names = 2;
    root_->parent = root_;
    touch(*root_);
    make(find(nullptr, "/tmp", last::named), simulated_inode::sort::directory, 01777);
}

// ---- the way to a name

struct simulated_tree::walk {
    spot at;
    int links = 0;
};

simulated_tree::spot simulated_tree::find(const simulated_inode_ptr& from, std::string_view path, last how) const {
    walk w;
    w.at.what = from != nullptr ? from : root_;
    if (path.empty()) w.at.error = -ENOENT;
    else if (path.size() >= PATH_MAX) w.at.error = -ENAMETOOLONG;
    else w.at.error = walk_on(w, path, how);
    if (w.at.error != 0) w.at.directory = w.at.what = nullptr;
    return std::move(w.at);
}

// From `w.at.what` on.
long simulated_tree::walk_on(walk& w, std::string_view path, last how) const {
    spot& at = w.at;
    if (path.front() == '/') at.what = root_;
    at.wants_directory = path.back() == '/';
    while (!path.empty()) {
        const std::size_t first = path.find_first_not_of('/');
        if (first == path.npos) {
            at.directory = at.what;
            at.name.clear();
            break;
        }
        path.remove_prefix(first);
        const std::string_view name = path.substr(0, path.find('/'));
        path.remove_prefix(name.size());
        const bool is_last = path.find_first_not_of('/') == path.npos;

        if (at.what == nullptr) return -ENOENT;
        if (!at.what->is_directory()) return -ENOTDIR;
        if (name.size() > NAME_MAX) return -ENAMETOOLONG;
        if (name == "." || name == "..") {
            if (name == "..") at.what = at.what->parent.lock();
            at.directory = at.what;
            at.name.clear();
            at.is_parent = name == "..";
            if (is_last) return 0;
            continue;
        }
        at.directory = at.what;
        at.name = name;
        const auto found = at.directory->entries.find(name);
        at.what = found == at.directory->entries.end() ? nullptr : found->second;
        const bool follows = !is_last || how == last::followed || (how == last::itself && !path.empty());
        if (at.what != nullptr && at.what->what == simulated_inode::sort::link && follows) {
            if (++w.links > most_links) return -ELOOP;
            const std::string target = at.what->bytes;
            const bool wants_directory = at.wants_directory;
            at.what = at.directory;
            if (const long r = walk_on(w, target, last::followed); r != 0) return r;
            at.wants_directory = wants_directory || (is_last && at.wants_directory);
        }
        if (is_last) break;
    }
    const bool is_wrong = at.wants_directory && at.what != nullptr && !at.what->is_directory();
    if (is_wrong && how != last::named) return -ENOTDIR;
    return 0;
}

// ---- changes

void simulated_tree::put(const spot& at, simulated_inode_ptr what) {
    if (what->is_directory()) {
        if (const auto before = what->parent.lock(); before != nullptr && before != at.directory) --before->names;
        if (what->parent.lock() != at.directory) ++at.directory->names;
        what->parent = at.directory;
    }
    touch(*at.directory);
    at.directory->entries[at.name] = std::move(what);
}

long simulated_tree::make(const spot& at, simulated_inode::sort what, unsigned mode, std::string bytes) {
    if (at.error != 0) return at.error;
    if (at.what != nullptr) return -EEXIST;
    const bool is_directory = what == simulated_inode::sort::directory;
    if (at.wants_directory && !is_directory) return -ENOENT;
    auto made = std::make_shared<simulated_inode>();
    made->what = what;
    made->mode = what == simulated_inode::sort::link ? 0777 : mode & 07777;
    made->number = ++numbers_;
    made->names = is_directory ? 2 : 1;
    made->bytes = std::move(bytes);
    touch(*made);
    put(at, std::move(made));
    return 0;
}

long simulated_tree::remove(const spot& at, bool directory) {
    if (at.error != 0) return at.error;
    if (at.name.empty()) return !directory ? -EISDIR : at.is_parent ? -ENOTEMPTY : at.what == root_ ? -EBUSY : -EINVAL;
    if (at.what == nullptr) return -ENOENT;
    if (!directory && at.wants_directory) return at.what->is_directory() ? -EISDIR : -ENOTDIR;
    if (directory && !at.what->is_directory()) return -ENOTDIR;
    if (!directory && at.what->is_directory()) return -EISDIR;
    if (directory && !at.what->entries.empty()) return -ENOTEMPTY;
    at.what->names = directory ? 0 : at.what->names - 1;
    if (directory) --at.directory->names;
    touch(*at.directory);
    at.directory->entries.erase(at.name);
    return 0;
}

long simulated_tree::link(const spot& from, const spot& to) {
    if (from.error != 0) return from.error;
    if (from.what == nullptr) return -ENOENT;
    if (to.error != 0) return to.error;
    if (to.what != nullptr) return -EEXIST;
    if (to.wants_directory) return -ENOENT;
    if (from.what->is_directory()) return -EPERM;
    ++from.what->names;
    put(to, from.what);
    return 0;
}

// The order of the errors is Linux's.
long simulated_tree::rename(const spot& from, const spot& to, unsigned flags) {
    const bool exchange = flags == RENAME_EXCHANGE, keeps = flags == RENAME_NOREPLACE;
    if (flags != 0 && !keeps && !exchange) return -EINVAL;
    if (from.error != 0) return from.error;
    if (to.error != 0) return to.error;
    if (from.name.empty()) return -EBUSY;
    if (to.name.empty()) return keeps ? -EEXIST : -EBUSY;
    if (from.what == nullptr) return -ENOENT;
    if (keeps && to.what != nullptr) return -EEXIST;
    if (exchange && to.what == nullptr) return -ENOENT;
    if (exchange && !to.what->is_directory() && to.wants_directory) return -ENOTDIR;
    if (!from.what->is_directory() && (from.wants_directory || (!exchange && to.wants_directory))) return -ENOTDIR;
    if (is_below(to.directory, from.what)) return -EINVAL;
    if (to.what != nullptr && is_below(from.directory, to.what)) return exchange ? -EINVAL : -ENOTEMPTY;
    if (to.what == from.what) return 0;
    if (exchange) {
        put(from, to.what);
        put(to, from.what);
        return 0;
    }
    if (to.what != nullptr) {
        if (from.what->is_directory() && !to.what->is_directory()) return -ENOTDIR;
        if (!from.what->is_directory() && to.what->is_directory()) return -EISDIR;
        spot last_name = to;
        last_name.wants_directory = false;
        if (const long r = remove(last_name, to.what->is_directory()); r != 0) return r;
    }
    from.directory->entries.erase(from.name);
    touch(*from.directory);
    put(to, from.what);
    return 0;
}

// True if `what` is the directory `above`, or lies somewhere in it.
bool simulated_tree::is_below(simulated_inode_ptr what, const simulated_inode_ptr& above) const {
    while (what != above) {
        if (what == root_ || what == nullptr) return false;
        what = what->parent.lock();
    }
    return true;
}

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/simulated_file.hpp>
#include <coil/runtime/ring/simulated_tree.hpp>

namespace coil::ring {

// A file or directory of the tree that is open.
class simulated_disk_file final : public simulated_file {
public:
    simulated_disk_file(simulated_tree& tree, simulated_inode_ptr what, int status_flags) noexcept;

    const simulated_inode_ptr& inode() const noexcept { return what_; }
    long read(simulated_parts to, std::int64_t offset, std::size_t most) override;
    long write(simulated_parts from, std::int64_t offset, std::size_t most) override;
    short poll() const noexcept override;
    bool is_on_disk() const noexcept override { return true; }

    long resize(std::int64_t size);
    // As fallocate: makes room, or (FALLOC_FL_PUNCH_HOLE) zeroes.
    long allocate(int mode, std::int64_t offset, std::int64_t size);
    // Entries as getdents64 gives them, in the order of their names.
    long list(void* to, std::size_t size);

private:
    simulated_tree& tree_;
    const simulated_inode_ptr what_;
    std::uint64_t at_ = 0;
    int listed_ = 0;    // of ".", ".." and the names
    std::string last_;  // the last name that was given
};

}  // namespace coil::ring

// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/simulated_file.hpp>

#include <array>
#include <memory>

namespace coil::ring {

// One end of a pipe.
class simulated_pipe final : public simulated_file {
public:
    static constexpr std::size_t capacity = 65536;
    static constexpr std::size_t atomic_size = 4096;  // a write of so much goes in whole or waits

    // The end that is read, and the one that is written.
    static std::array<std::shared_ptr<simulated_pipe>, 2> make(int flags);
    simulated_pipe(std::shared_ptr<simulated_bytes> bytes, int flags) noexcept;
    ~simulated_pipe() override;

    long read(simulated_parts to, std::int64_t offset, std::size_t most) override;
    long write(simulated_parts from, std::int64_t offset, std::size_t most) override;
    short poll() const noexcept override;
    std::size_t room() const noexcept override { return bytes_->room(); }
    bool is_pipe() const noexcept override { return true; }

private:
    const std::shared_ptr<simulated_bytes> bytes_;
};

}  // namespace coil::ring

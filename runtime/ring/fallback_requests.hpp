// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fallback_request.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace coil::ring {

// Holds the requests of one ring: recycled, found by user_data, and those with a time by the earliest.
// Errors: `make` throws `std::bad_alloc`, nothing else does. Cost: no allocation once as many have been alive at a time.
class fallback_requests {
public:
    fallback_requests();

    fallback_request& make(const io_uring_sqe& entry);
    void release(fallback_request& r) noexcept;

    // Every request alive, and those to be used again.
    template <class F>
    void for_each(F&& f) {
        for (const auto& c : chunks_)
            for (fallback_request& r : *c)
                f(r);
    }

    void publish(fallback_request& r) noexcept;
    fallback_request* find(std::uint64_t user_data) noexcept;

    void arm(fallback_request& r, time_point due) noexcept;
    void disarm(fallback_request& r) noexcept;
    time_point earliest() const noexcept { return timed_.empty() ? never : timed_.front()->due; }
    fallback_request* pop_due(time_point now) noexcept;

private:
    static constexpr std::size_t chunk_length = 64;
    using chunk = std::array<fallback_request, chunk_length>;

    fallback_request*& bucket(std::uint64_t user_data) noexcept;
    void widen();
    void sink(std::size_t at) noexcept;
    void lift(std::size_t at) noexcept;
    void put(std::size_t at, fallback_request& r) noexcept;

    std::vector<std::unique_ptr<chunk>> chunks_;
    fallback_request* free_ = nullptr;
    std::vector<fallback_request*> buckets_;
    std::vector<fallback_request*> timed_;  // a heap: each is due no later than the two below it
};

}  // namespace coil::ring

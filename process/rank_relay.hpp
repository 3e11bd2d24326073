// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/rank_frames.hpp>
#include <coil/process/worker_source.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace coil::process {

class relay_channel;

/// Has workers on the ranks at the other ends of a wire. One thread makes and uses the wire; it takes the worker's side of
/// the rings of every pool, and naps when there is nothing to carry. Pools do not know the difference, but for descriptors,
/// which cannot travel.
/// A rank that is lost: what its workers may have begun fails, what they had not goes to others, and who is hired from then
/// on works elsewhere; when no rank is left that is the error of every call.
class rank_relay {
public:
    using wire_maker = std::function<std::unique_ptr<wire>()>;
    /// Errors: what making the wire throws.
    explicit rank_relay(const wire_maker& make);
    rank_relay(const rank_relay&) = delete;
    rank_relay& operator=(const rank_relay&) = delete;
    ~rank_relay();
    /// Ends the ranks, and waits for the thread; pools that there still are get no answer any more.
    void end() noexcept;

    /// How many ranks there are that are not lost.
    std::size_t size() const;
    /// What a person calls a rank, with its process and its host once they are known.
    std::string name_of(unsigned which) const;
    /// Has more made until there are as many. Errors: what the wire throws.
    void grow_to(std::size_t ranks);
    /// Errors: `std::runtime_error` if no rank is left, with the reason of the last.
    std::shared_ptr<hired_worker> hire(worker_request r);

    /// Has the thread do something soon; look. Threads: any.
    void post(std::function<void()> f);
    void wake() noexcept;
    // Of the thread, for its channels.
    void request(const relay_channel& c, const message& m);
    void signal(const relay_channel& c, int number);
    void abandon(const relay_channel& c, std::uint8_t slot);
    void room(const relay_channel& c, std::int64_t bytes);

private:
    struct peer {
        bool is_lost = false;
        bool same_machine = false;
        std::size_t workers = 0;
        std::string text;  // "rank 2 (pid 7 on host)"
        time_point heard{};
        ring::descriptor watched;
    };

    void serve();
    bool turn();
    void welcome_new();
    void take(unsigned from, rank_frame& f);
    void hello(unsigned from, const rank_frame& f);
    void look_for_the_lost(time_point now);
    void lose(unsigned which, const std::string& why);
    void send(unsigned to, const rank_frame_head& head, std::span<const std::byte> payload = {});
    void nap(nanoseconds most);
    void end_all() noexcept;

    const ring::descriptor bell_;
    mutable std::mutex lock_;  // guards the four below
    std::vector<std::function<void()>> posted_;
    std::vector<peer> peers_;
    std::string last_loss_;
    bool ends_ = false;
    std::uint32_t channels_ = 0;  // so far; under the lock
    // The thread's.
    std::unique_ptr<wire> wire_;
    std::unique_ptr<rank_frame_writer> to_;
    rank_frame_reader reader_;
    std::vector<std::shared_ptr<relay_channel>> open_;
    patience_of_rank patience_;
    time_point beat_{};
    std::exception_ptr failed_;  // written before the thread says that it has begun
    std::thread thread_;
};

}  // namespace coil::process

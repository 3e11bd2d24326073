// SPDX-License-Identifier: BSL-1.0
// A side that answers entries and calls as a test says, for what a kernel does on its worst days only.
#pragma once
#include <coil/runtime/ring/ring.hpp>

#include <liburing.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <vector>

namespace io_test {

class scripted_ring final : public coil::ring::ring {
public:
    scripted_ring() {
        entries_ = entry_memory_.data();
        entry_mask_ = size - 1;
        limit_ = size;
        entry_head_ = &words_[0];
        entry_tail_ = &words_[1];
        state_ = &words_[2];
        completions_ = completion_memory_.data();
        completion_mask_ = size - 1;
        completion_head_ = &words_[3];
        completion_tail_ = &words_[4];
        virtual_now_ = &now_;
    }

    // The results of the entries to come; one without a result stays in flight until it is cancelled.
    std::deque<std::optional<int>> answers;
    // The results of the calls to come; afterwards every call would wait.
    std::deque<long> call_answers;
    std::uint32_t flags = 0;  // of every completion
    std::vector<io_uring_sqe> seen;
    std::function<void(const io_uring_sqe&)> on_entry = [](const io_uring_sqe&) {};
    std::vector<coil::ring::call> calls;
    std::vector<int> closed;

    void submit_and_wait(coil::time_point) override {
        const word before = *completion_tail_;
        publish();
        for (; *entry_head_ != *entry_tail_; ++*entry_head_)
            answer(entries_[*entry_head_ & entry_mask_]);
        renew_limit();
        if (*completion_tail_ == before && !woken_) throw std::logic_error("the script has no answer left");
        woken_ = false;
    }
    long now(const coil::ring::call& what) override {
        calls.push_back(what);
        if (call_answers.empty()) return -EAGAIN;
        const long r = call_answers.front();
        call_answers.pop_front();
        return r;
    }
    int close(int fd) noexcept override {
        closed.push_back(fd);
        return 0;
    }
    coil::time_point clock() const noexcept override { return coil::time_point(coil::nanoseconds(now_)); }
    void wake() noexcept override { woken_ = true; }

private:
    static constexpr word size = 64;

    void answer(const io_uring_sqe& e) {
        if (e.opcode == IORING_OP_ASYNC_CANCEL) {
            for (auto w = waiting_.begin(); w != waiting_.end(); ++w) {
                if (*w != e.addr) continue;
                complete(*w, -ECANCELED);
                waiting_.erase(w);
                return;
            }
            return;
        }
        seen.push_back(e);
        on_entry(e);
        std::optional<int> r;
        if (!answers.empty()) {
            r = answers.front();
            answers.pop_front();
        }
        if (r && *r >= 0 && e.opcode == IORING_OP_ACCEPT) somebody_came(e);
        if (r) complete(e.user_data, *r);
        else waiting_.push_back(e.user_data);
    }
    // From 10.0.0.9:5000.
    static void somebody_came(const io_uring_sqe& e) {
        auto* const length = reinterpret_cast<unsigned*>(e.addr2);
        sockaddr_in from{};
        from.sin_family = AF_INET;
        from.sin_port = htons(5000);
        from.sin_addr.s_addr = htonl(0x0a000009);
        std::memcpy(reinterpret_cast<void*>(e.addr), &from, std::min<std::size_t>(*length, sizeof from));
        *length = sizeof from;
    }
    void complete(std::uint64_t user_data, int res) {
        io_uring_cqe& c = completions_[(*completion_tail_)++ & completion_mask_];
        c.user_data = user_data;
        c.res = res;
        c.flags = flags;
    }

    std::array<io_uring_sqe, size> entry_memory_{};
    std::vector<io_uring_cqe> completion_memory_{size};
    std::array<word, 5> words_{};
    std::uint64_t now_ = 1;
    std::vector<std::uint64_t> waiting_;
    bool woken_ = false;
};

}  // namespace io_test

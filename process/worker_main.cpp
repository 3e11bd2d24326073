// SPDX-License-Identifier: BSL-1.0
#include <coil/process/worker_main.hpp>

#include <coil/process/function.hpp>
#include <coil/process/current.hpp>
#include <coil/process/init.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/process/worker_channel.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace coil::process {

namespace {

const function_entry& function_of(const function_key& k) {
    const function_entry* const f = function_entry::find(k);
    if (!f)
        throw_errno(ENOENT, "find",
                    "the function of a call: it is not in this program as it was when the worker started (a library that "
                    "was loaded later, say)");
    return *f;
}

// Serves one pool, on the thread of main.
class server {
public:
    server()
        : memory_(memory_number, head_bytes, ring_bytes, bulk_bytes),
          words_(words_in(memory_)),
          requests_(words_.requests, memory_.ring(0), memory_.bulk(0)),
          replies_(words_.replies, memory_.ring(1), memory_.bulk(1)),
          looks_(machine::concurrency() > 1 ? 4000 : 1) {}

    int serve() {
        message m;
        for (;;) {
            while (!requests_.next(m)) {
                tell_parent();  // what was read has left room, for the rest of a long message perhaps
                rest(channel_words::for_work, [&] { return requests_.has_more(); });
            }
            switch (m.head.what) {
            case message_head::kind::initialise:
                if (!initialise(m)) return 1;
                break;
            case message_head::kind::unit:
                run_unit(m);
                break;
            case message_head::kind::finish:
                return 0;
            default:
                throw_errno(EBADMSG, "read", "what a pool asks for");
            }
        }
    }

private:
    // Looks for a while, then sleeps until the parent has written or read something.
    template <class F>
    void rest(std::uint32_t what_for, F&& over) {
        for (int i = 0; i < looks_; ++i) {
            if (over()) return;
            relax();
        }
        for (;;) {
            words_.worker_sleeps.exchange(what_for, std::memory_order_acq_rel);
            if (over()) break;
            sleep_while(words_.worker_sleeps, what_for);
            if (over()) break;
        }
        words_.worker_sleeps.store(0, std::memory_order_relaxed);
    }

    void tell_parent() noexcept {
        if (words_.parent_sleeps.exchange(0, std::memory_order_acq_rel) != 0) ring_bell(bell_number);
    }

    void write(const message_head& head, std::vector<std::byte>&& payload) {
        bool done = replies_.write(head, std::move(payload));
        while (!done) {
            tell_parent();
            rest(channel_words::for_room, [&] { return replies_.can_go_on(); });
            done = replies_.rest();
        }
    }

    bool initialise(const message& m) {
        encoder reply;
        bool good = true;
        try {
            if (m.payload.size() != sizeof(function_key)) throw_errno(EBADMSG, "read", "what a pool asks for");
            function_key k;
            std::memcpy(&k, m.payload.data(), sizeof(k));
            decoder none({});
            encoder nothing;
            if (k != function_key()) function_of(k)(none, nothing);
        } catch (...) {
            good = false;
            encode_exception(reply, std::current_exception());
        }
        write({.what = message_head::kind::ready, .count = good ? 0U : 1U}, reply.take_message());
        tell_parent();
        return good;
    }

    void run_unit(const message& m) {
        auto& claim = words_.slots[m.head.slot % most_units].claim;
        std::vector<ring::descriptor> passed;
        if (m.head.descriptors > 0) passed = receive_numbers(control_number, m.head.descriptors);
        slot_ = m.head.slot;
        done_ = 0;
        bytes_ = 0;
        auto expected = unit_claim::waiting;
        // acquire pairs with the publication of the unit; the parent that takes it back comes first or second
        if (claim.compare_exchange_strong(expected, unit_claim::begun, std::memory_order_acq_rel)) {
            decoder from(m.payload);
            run_calls(from, m.head.count, claim, std::move(passed));
        }
        flush(message_head::kind::unit_end);
        tell_parent();
    }

    void run_calls(decoder& from, std::uint32_t count, const std::atomic<unit_claim>& claim,
                   std::vector<ring::descriptor> passed) {
        const function_entry* f = nullptr;
        std::exception_ptr unknown;
        try {
            const auto k = from.value<function_key>();
            if (!known_ || k != known_key_) {
                known_ = &function_of(k);
                known_key_ = k;
            }
            f = known_;
        } catch (...) {
            unknown = std::current_exception();
        }
        for (std::uint32_t i = 0; i < count; ++i) {
            if (claim.load(std::memory_order_relaxed) != unit_claim::begun) return;
            words_.begun.store(++begun_, std::memory_order_release);
            result_.clear();
            result_.value(result_head());  // until its size is known
            bool failed = true;
            try {
                if (!f) std::rethrow_exception(unknown);
                decoder arguments(from.view(from.value<std::uint32_t>()), std::move(passed));
                (*f)(arguments, result_);
                failed = false;
            } catch (...) {
                result_.clear();
                result_.value(result_head());
                encode_exception(result_, std::current_exception());
            }
            add_result(failed);
        }
    }

    // Results are written where they are to be read, and noted at once: should a later call end the process, they count.
    void add_result(bool failed) {
        const std::size_t bytes = result_.message().size();
        const auto numbers = result_.numbers();
        result_.overwrite(0, result_head{.size = static_cast<std::uint32_t>(bytes - sizeof(result_head)),
                                         .failed = failed ? 1U : 0U});
        ++total_;
        // descriptors travel beside the ring, so their result is published alone; and a long one is written in pieces
        if (!numbers.empty() || bytes > message_writer::largest_piece / 4) {
            if (done_ > 0) flush(message_head::kind::results);
            if (!numbers.empty()) send_numbers(control_number, numbers, true);
            const auto count = static_cast<std::uint32_t>(numbers.size());
            write({.what = message_head::kind::results, .slot = slot_, .count = 1, .descriptors = count},
                  result_.take_message());
            tell_parent();
            return;
        }
        if (done_ > 0 && (bytes_ + bytes > message_writer::largest_piece || replies_.room() < bytes_ + bytes))
            flush(message_head::kind::results);
        if (replies_.room() < bytes_ + bytes) {
            tell_parent();
            rest(channel_words::for_room, [&] { return replies_.room() >= bytes_ + bytes; });
        }
        std::byte* const to = replies_.place() + sizeof(message_head) + bytes_;
        std::memcpy(to, result_.message().data(), bytes);
        bytes_ += bytes;
        ++done_;
        words_.unpublished.store((std::uint64_t{total_} << 32) | bytes_, std::memory_order_release);
    }

    void flush(message_head::kind what) {
        if (done_ == 0 && replies_.room() < 8) {
            tell_parent();
            rest(channel_words::for_room, [&] { return replies_.room() >= 8; });
        }
        replies_.publish(
            {.size = static_cast<std::uint32_t>(bytes_), .what = what, .slot = slot_, .count = done_});
        done_ = 0;
        bytes_ = 0;
    }

    shared_mapping memory_;
    channel_words& words_;
    message_reader requests_;
    message_writer replies_;
    const int looks_;
    const function_entry* known_ = nullptr;
    function_key known_key_;
    encoder result_;
    std::uint64_t begun_ = 0;
    std::uint32_t total_ = 0;  // calls that have a result
    std::uint8_t slot_ = 0;
    std::uint32_t done_ = 0;  // calls of the reply that is being written
    std::size_t bytes_ = 0;
};

}  // namespace

int serve_pool() {
    // Ctrl-C reaches everybody at the terminal; it is the parent's to say what comes of it.
    std::signal(SIGINT, SIG_IGN);
    server s;
    return s.serve();
}

int serve_start() {
    const std::string name = current().name;
    try {
        const auto content = read_memory_file(memory_number);
        decoder front(content);
        const auto key = front.value<function_key>();
        const bool yields_code = decode<bool>(front);
        const auto count = front.value<std::uint32_t>();
        std::vector<ring::descriptor> passed;
        for (std::uint32_t i = 0; i < count; ++i) {
            keep_to_oneself(first_passed_number + static_cast<int>(i));
            passed.emplace_back(first_passed_number + static_cast<int>(i));
        }
        decoder arguments(front.view(front.left()), std::move(passed));
        encoder result;
        function_of(key)(arguments, result);
        const auto bytes = result.message();
        int code = 0;
        if (yields_code && bytes.size() == sizeof(code)) std::memcpy(&code, bytes.data(), sizeof(code));
        return code;
    } catch (...) {
        const auto thrown = std::current_exception();
        log("worker " + name + ": " + describe_exception(thrown));
        encoder report;
        encode_exception(report, thrown);
        try {
            rewrite_memory_file(memory_number, report.message());
            const std::byte whole{1};
            write_socket(control_number, std::span(&whole, 1));
        } catch (const std::exception& e) {
            log("worker " + name + " cannot report this: " + e.what());
        }
        return 1;
    }
}

}  // namespace coil::process

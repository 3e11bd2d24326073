// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/function.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace coil::process {

/// Is a number of calls of one function that a pool makes for somebody who waits: the one of `call`, the items of `map`
/// or `stream`. The pool asks it for arguments and gives it results, one at a time, while its owner waits.
class batch : public list_hook {
public:
    batch(const function_entry& f, std::size_t size, std::size_t chunk) noexcept
        : function_(&f), size_(size), chunk_(chunk) {}
    batch(const batch&) = delete;
    batch& operator=(const batch&) = delete;

    /// Writes the arguments of a call. May be asked for again, should a worker die that had not begun it.
    virtual void arguments(std::size_t index, encoder& to) = 0;
    /// Reads the result of a call.
    virtual void accept(std::size_t index, decoder& from) = 0;
    /// Takes the error of a call: what the function, or the reading of its arguments or result, threw; `worker_died`.
    /// Returns true if no further call is wanted.
    virtual bool fail(std::size_t index, std::exception_ptr e) noexcept = 0;
    /// Whether the owner has something to look at before all calls have ended.
    virtual bool has_news() noexcept { return false; }
    /// Whether more calls may be handed out now; asked again when the owner waits.
    virtual bool takes_more() noexcept { return true; }

protected:
    virtual ~batch() = default;

private:
    friend class pool_core;
    enum class stop : std::uint8_t { none, soft, hard };
    struct range {
        std::size_t first, count;
    };

    const function_entry* const function_;
    const std::size_t size_;
    const std::size_t chunk_;  // 0: the pool chooses
    // Guarded by the pool's lock.
    std::size_t next_ = 0;        // calls before it were handed out
    std::vector<range> again_;    // of these, some that came back
    std::size_t in_hands_ = 0;    // handed out, and not settled
    std::size_t settled_ = 0;     // ended, failed, or given up
    stop stop_ = stop::none;
    time_point kill_at_ = never;  // when workers that are still at it are ended
    std::optional<resolver<void>> waiting_;  // the owner, while another one leads
};

}  // namespace coil::process

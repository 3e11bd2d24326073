// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/message_stream.hpp>
#include <coil/process/segment.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/futex_operation.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

namespace coil::process {

/// Is one line of messages with those who write and read it, as a handle of this process has it.
struct line {
    segment* shared;
    unsigned number = 0;
    /// Whose handles write, and whose read. In a queue everybody does both, and an end comes by `close` alone.
    segment::role writers = segment::writer;
    segment::role readers = segment::reader;
    bool symmetric = false;
    /// Where descriptors go, and come; -1: messages have none.
    int sends_rights = -1;
    int receives_rights = -1;
    const char* what = "queue between processes";

    message_stream messages() const noexcept { return message_stream(*shared, number); }
};

/// Is what became of a message.
enum class line_answer : std::uint8_t { waits, done, closed, ended, no_reader, deserted, too_large, unsendable, failed };

/// Is one message to be put, and one attempt after another to do so.
class putting {
public:
    putting() noexcept = default;
    /// Tries.
    line_answer once(const line& l) noexcept;
    /// Tries; `waits`: sleep on `word` while it has the value `seen`.
    line_answer attempt(const line& l) noexcept;
    /// Errors: what the answer means.
    void check(const line& l, line_answer a) const;
    std::span<const std::byte> message;
    std::span<const int> numbers;
    futex::word* word = nullptr;
    std::uint32_t seen = 0;

private:
    static bool send_rights(void* context) noexcept;
    int socket_ = -1;
    std::uint64_t lot_ = 0;
    std::vector<std::byte> with_lot_;
    long error_ = 0;
    std::exception_ptr thrown_;
};

/// Is one message to be got.
class getting {
public:
    struct target {
        std::span<std::byte> (*room)(void* context, std::size_t size) = nullptr;
        std::vector<ring::descriptor>* (*descriptors)(void* context) noexcept = nullptr;
        void* context = nullptr;
    };
    line_answer once(const line& l, const target& to) noexcept;
    line_answer attempt(const line& l, const target& to) noexcept;
    /// True if there is a message; false at the end. Errors: what the answer means.
    bool check(const line& l, line_answer a) const;
    futex::word* word = nullptr;
    std::uint32_t seen = 0;

private:
    std::exception_ptr thrown_;
};

/// Awaits the putting of one message.
class put_operation : public ring::futex_operation {
protected:
    put_operation(const line& l, place where) noexcept : futex_operation(table, where), line_(l) {}
    bool ready(std::span<const std::byte> message, std::span<const int> numbers);
    void finish_put();

private:
    static bool look(futex_operation& o) noexcept;
    static const ring::operation_table table;
    line line_;
    putting putting_;
    line_answer answer_ = line_answer::waits;
};

/// Awaits one message.
class get_operation : public ring::futex_operation {
protected:
    get_operation(const line& l, place where) noexcept : futex_operation(table, where), line_(l) {}
    bool ready(const getting::target& to);
    bool finish_get();

private:
    static bool look(futex_operation& o) noexcept;
    static const ring::operation_table table;
    line line_;
    getting getting_;
    getting::target target_;
    line_answer answer_ = line_answer::waits;
};

/// The same for plain threads.
void put_blocking(const line& l, std::span<const std::byte> message, std::span<const int> numbers, place where);
bool get_blocking(const line& l, const getting::target& to, place where);
/// One attempt. True if it was put; false if there is no room. Errors: as above.
bool try_put(const line& l, std::span<const std::byte> message, std::span<const int> numbers);
/// One attempt. True if there is a message.
bool try_get(const line& l, const getting::target& to);

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
#include <coil/process/streams.hpp>

#include <coil/runtime/io/open.hpp>

#include <filesystem>
#include <stdexcept>
#include <utility>

namespace coil::process {

using kind = stdio::kind;

namespace {

constexpr flow way(int number) noexcept {
    return number == 0 ? flow::to_child : flow::from_child;
}

void check(const plan& p) {
    if (p.in.what == kind::to_stdout || p.in.what == kind::to_stderr)
        throw std::invalid_argument("coil: .in of " + p.name() + " cannot be its output");
    if (p.out.what == kind::to_stdout || p.err.what == kind::to_stderr ||
        (p.out.what == kind::to_stderr && p.err.what == kind::to_stdout))
        throw std::invalid_argument("coil: .out and .err of " + p.name() + " refer to each other, or to themselves");
}

}  // namespace

task<streams> streams::make(const plan& p) {
    check(p);
    streams s;
    co_await s.open(0, p.in);
    co_await s.open(1, p.out);
    co_await s.open(2, p.err);
    if (p.out.what == kind::to_stderr) s.numbers_[1] = s.numbers_[2];
    if (p.err.what == kind::to_stdout) s.numbers_[2] = s.numbers_[1];
    co_return s;
}

task<> streams::open(int number, const planned_stream& s) {
    const auto at = static_cast<std::size_t>(number);
    child_ends made;
    fs::mode mode = number == 0 ? fs::mode::read : fs::mode::write;
    switch (s.what) {
    case kind::inherit:
        numbers_[at] = is_open(number) ? number : null_device;
        co_return;
    case kind::null:
    case kind::to_stdout:
    case kind::to_stderr:
        co_return;
    case kind::descriptor:
        numbers_[at] = s.number;
        co_return;
    case kind::terminal:
        use_terminal(number);
        co_return;
    case kind::pipe:
        made = make_pipe(way(number), static_cast<std::size_t>(s.number));
        break;
    case kind::fast_pipe:
        made = make_fast_pipe(way(number));
        break;
    case kind::append:
        mode = fs::mode::append;
        [[fallthrough]];
    case kind::file:
        files_[at] = co_await fs::open(std::filesystem::path(s.path), mode);
        numbers_[at] = files_[at].native_handle();
        co_return;
    }
    ours_[at] = std::move(made.ours);
    childs_[at] = std::move(made.childs);
    numbers_[at] = childs_[at].number();
}

void streams::use_terminal(int number) {
    const auto at = static_cast<std::size_t>(number);
    if (terminal_ < 0) {
        child_ends made = make_terminal();
        ours_[at] = std::move(made.ours);
        terminals_end_ = std::move(made.childs);
        terminal_ = number;
    } else if (number == 1 || !ours_[1]) {
        // one stream to write, one to read; error and output come as one
        ours_[at] = duplicate(ours_[static_cast<std::size_t>(terminal_)]);
    }
    numbers_[at] = terminals_end_.number();
}

std::vector<descriptor_move> streams::moves(const plan& p) const {
    std::vector<descriptor_move> all{{numbers_[0], 0}, {numbers_[1], 1}, {numbers_[2], 2}};
    all.insert(all.end(), p.descriptors.begin(), p.descriptors.end());
    return all;
}

}  // namespace coil::process

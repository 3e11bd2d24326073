// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/atomic_write.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/finally.hpp>
#include <coil/runtime/io/replacement.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

namespace coil::fs {

namespace {

task<> write_and_commit(replacement& to, byte_view data) {
    file& f = to.written();
    co_await f.write_at(data, 0);
    co_await to.commit(true, true);
}

}  // namespace

task<> atomic_write_file(std::filesystem::path path, byte_view data) {
    std::filesystem::path target = co_await resolve_links(std::move(path));
    auto before = co_await as_result(stat(target));
    if (!before.has_value() && !(before.error() == std::errc::no_such_file_or_directory)) before.error().rethrow();
    if (before.has_value() && !before->is_regular_file())
        operation_error(before->is_directory() ? EISDIR : EINVAL, "atomic_write_file", target.native()).rethrow();
    replacement to = co_await begin_replacement(std::move(target), 0666);
    if (before.has_value())
        (void)ring::call_here(
            ring::call::fchmod(to.written().native_handle(), static_cast<unsigned>(before->permissions)));
    co_await finally(write_and_commit(to, data), to.abandon());
}

}  // namespace coil::fs

// SPDX-License-Identifier: BSL-1.0
// Echo rows: Asio's coroutines on its epoll reactor; --threads runs its io_context on several.
#include <asio.hpp>

#include <memory>
#include <thread>
#include <vector>

#include "echo_options.hpp"

namespace {

using asio::ip::tcp;

asio::awaitable<void> session(tcp::socket socket, std::size_t size) {
    const auto buffer = std::make_unique_for_overwrite<char[]>(size);
    asio::error_code failed;
    for (;;) {
        const std::size_t n = co_await socket.async_read_some(asio::buffer(buffer.get(), size),
                                                              asio::redirect_error(asio::use_awaitable, failed));
        if (failed) co_return;
        co_await asio::async_write(socket, asio::buffer(buffer.get(), n),
                                   asio::redirect_error(asio::use_awaitable, failed));
        if (failed) co_return;
    }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, std::size_t size) {
    for (;;) {
        tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
        socket.set_option(tcp::no_delay(true));
        auto executor = socket.get_executor();
        asio::co_spawn(executor, session(std::move(socket), size), asio::detached);
    }
}

}  // namespace

int main(int argc, char** argv) {
    auto o = echo::parse(argc, argv);
    asio::io_context context(static_cast<int>(o.threads));
    tcp::acceptor acceptor(context, tcp::v4(), echo::listen(o));
    asio::co_spawn(context, accept(acceptor, o.buffer), asio::detached);
    echo::announce(o.port);
    std::vector<std::thread> more;
    for (unsigned i = 1; i < o.threads; ++i)
        more.emplace_back([&] { context.run(); });
    context.run();
    for (auto& t : more)
        t.join();
}

// SPDX-License-Identifier: BSL-1.0
#include "work/awaited_http_client.hpp"

#include <coil/runtime/io/tcp_stream.hpp>

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "work/http_message.hpp"

namespace versus {
namespace {

coil::task<std::string> exchange(std::uint16_t port, const std::string& request) {
    const coil::net::endpoint server("127.0.0.1", port);
    coil::net::tcp_stream stream = co_await coil::net::tcp_stream::connect(server);
    co_await stream.write(request);
    std::string answer;
    std::array<char, 1024> chunk;
    while (const std::size_t n = co_await stream.read(chunk))
        answer.append(chunk.data(), n);
    co_return answer;
}

}  // namespace

coil::task<std::string> awaited_http_call(std::uint16_t port, std::string method, std::string target,
                                          std::string body) {
    const std::string request = request_text(method, target, body);
    const std::string answer = co_await exchange(port, request);
    try {
        co_return std::string(parse_answer(answer));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(fmt::format("{} http://127.0.0.1:{}{}: {}", method, port, target, error.what()));
    }
}

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#include "work/http_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "child/descriptor.hpp"
#include "child/transfer.hpp"
#include "work/http_message.hpp"

namespace versus {
namespace {

descriptor connect_to(std::uint16_t port, const std::string& what) {
    descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.open()) throw std::system_error(errno, std::generic_category(), "make a socket for " + what);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::system_error(errno, std::generic_category(), "connect for " + what);
    }
    return socket;
}

}  // namespace

std::string http_call(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body) {
    const std::string what = fmt::format("{} http://127.0.0.1:{}{}", method, port, target);
    const descriptor socket = connect_to(port, what);
    write_all(socket.get(), request_text(method, target, body), what);
    const std::string answer = read_rest(socket.get(), what);
    try {
        return std::string(parse_answer(answer));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(fmt::format("{}: {}", what, error.what()));
    }
}

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#include "server/server_process.hpp"

#include <nlohmann/json.hpp>
#include <charconv>
#include <stdexcept>

#include "child/role.hpp"
#include "child/transfer.hpp"

namespace versus {

server_process::server_process() : process_(child::start_role(role::server)) {
    std::string line;
    std::byte one{};
    while (read_some(process_.out().get(), std::span(&one, 1), "the server's port") == 1 && one != std::byte{'\n'}) {
        line += static_cast<char>(one);
    }
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), port_);
    if (error != std::errc{} || port_ == 0) {
        throw std::runtime_error("the HTTP server on 127.0.0.1 did not start: it " + process_.wait().describe());
    }
}

server_figures server_process::stop() {
    process_.in().reset();
    const std::string text = read_rest(process_.out().get(), "the server's figures");
    const child_end end = process_.wait();
    if (!end.well()) throw std::runtime_error("the HTTP server on 127.0.0.1 " + end.describe());
    const auto json = nlohmann::json::parse(text);
    return {json.at("answers"), json.at("late_median_us"), json.at("late_p99_us")};
}

}  // namespace versus

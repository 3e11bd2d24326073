// SPDX-License-Identifier: BSL-1.0
#include "report/chart.hpp"

#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>

#include "child/child.hpp"
#include "child/transfer.hpp"

namespace versus {
namespace {

constexpr std::chrono::seconds patience{20};

child start_gnuplot() {
    try {
        return child::start({"gnuplot", "-d"});
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::no_such_file_or_directory) throw;
        throw std::runtime_error("gnuplot was not found (Debian: apt install gnuplot-nox)");
    }
}

std::string read_with_patience(int fd) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string text;
    std::array<std::byte, 16384> chunk;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd ready{fd, POLLIN, 0};
        const int n = left > 0 ? ::poll(&ready, 1, static_cast<int>(left)) : 0;
        if (n == 0) throw std::runtime_error("gnuplot did not answer");
        if (n < 0) continue;
        const std::size_t got = read_some(fd, chunk, "from gnuplot");
        if (got == 0) return text;
        text.append(reinterpret_cast<const char*>(chunk.data()), got);
    }
}

}  // namespace

std::string draw(const std::string& script) {
    child gnuplot = start_gnuplot();
    std::string text;
    try {
        // A script is far smaller than a pipe, so this cannot wait for gnuplot to read.
        write_all(gnuplot.in().get(), script, "to gnuplot");
        gnuplot.in().reset();
        text = read_with_patience(gnuplot.out().get());
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::broken_pipe) throw;
    }
    const child_end end = gnuplot.wait();
    if (!end.well()) throw std::runtime_error("gnuplot " + end.describe());
    const std::size_t begin = text.find("<svg");
    const std::size_t last = text.rfind("</svg>");
    if (begin == std::string::npos || last == std::string::npos) throw std::runtime_error("gnuplot drew nothing");
    return text.substr(begin, last + 6 - begin);
}

std::string with_own_ids(std::string svg, std::string_view prefix) {
    for (const std::string_view lead : {" id='", " id=\"", "href='#", "href=\"#", "url(#"}) {
        for (std::size_t at = svg.find(lead); at != std::string::npos; at = svg.find(lead, at + lead.size())) {
            svg.insert(at + lead.size(), prefix);
        }
    }
    return svg;
}

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#include "echo_options.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace echo {

namespace {

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

}  // namespace

page* open_page(const char* path) {
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) fail(path);
    if (ftruncate(fd, 4096) != 0) fail(path);
    void* at = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) fail(path);
    close(fd);
    return static_cast<page*>(at);
}

options parse(int argc, char** argv) {
    static page none;
    options o;
    o.counts = &none;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const char* value = argv[i + 1];
        if (name == "--port") o.port = static_cast<std::uint16_t>(std::atoi(value));
        else if (name == "--buffer") o.buffer = std::strtoul(value, nullptr, 10);
        else if (name == "--threads") o.threads = static_cast<unsigned>(std::atoi(value));
        else if (name == "--mode") o.mode = value;
        else if (name == "--page") o.counts = open_page(value);
        else argc = 0;
    }
    if (argc % 2 == 0) {
        std::fputs("usage: [--port N] [--buffer BYTES] [--threads N] [--mode NAME] [--page FILE]\n", stderr);
        std::exit(2);
    }
    return o;
}

int listen(options& o) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(o.port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) fail("bind");
    if (::listen(fd, 4096) != 0) fail("listen");
    socklen_t size = sizeof at;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) fail("getsockname");
    o.port = ntohs(at.sin_port);
    return fd;
}

void announce(std::uint16_t port) {
    std::printf("%u\n", static_cast<unsigned>(port));
    std::fflush(stdout);
}

}  // namespace echo

// SPDX-License-Identifier: BSL-1.0
// An HTTP/1.1 file server: GET and HEAD of the files below a folder, connections kept open between requests, on as many
// loops (threads, each with a ring and a listener of its own) as asked for. Ctrl-C stops it gracefully: a request that has begun is answered to its end, a connection that waits for its next is closed.
//
// Run it: build/examples/http_files /usr/share/doc 8080 2, then: curl -i http://127.0.0.1:8080/
// or let it serve a folder of its own to a client of its own: build/examples/http_files --demo
// It prints (with --demo)
//    listening on 127.0.0.1:<n>
//    GET /hello.txt: 200, 13 bytes, text/plain
//    HEAD /hello.txt: 200, 0 bytes, text/plain
//    GET /%68ello.txt: 200, 13 bytes, text/plain
//    GET /nothing.here: 404, 10 bytes, text/plain
//    GET /../etc/passwd: 404, 10 bytes, text/plain
//    PUT /hello.txt: 405, 19 bytes, text/plain
//    stopped
#include <coil/coil.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using coil::net::endpoint;
using coil::net::tcp_listener;
using coil::net::tcp_stream;

struct request {
    std::string method, target;
    bool keep_alive = true;
};

bool is_header(std::string_view line, std::string_view name) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) { return a == (b | 0x20); });
}

// Empty at the end of the stream, and for what is no request.
coil::task<std::optional<request>> read_request(coil::buffered_reader<tcp_stream&>& in, std::string first) {
    request r;
    const std::size_t one = first.find(' '), two = first.rfind(' ');
    if (one == std::string::npos || one == two) co_return std::nullopt;
    r.method = first.substr(0, one);
    r.target = first.substr(one + 1, two - one - 1);
    r.keep_alive = first.substr(two + 1) == "HTTP/1.1";
    auto line = co_await in.read_line();
    while (line && !line->empty()) {
        if (is_header(*line, "connection")) r.keep_alive = line->find("close") == std::string::npos;
        line = co_await in.read_line();
    }
    if (!line) co_return std::nullopt;
    co_return r;
}

// "/a%20b?c" is the file "a b"; empty for what would lead out of the folder.
std::optional<std::filesystem::path> file_of(std::string_view target) {
    std::string name;
    target = target.substr(0, target.find('?'));
    for (std::size_t i = 0; i != target.size(); ++i) {
        unsigned byte = static_cast<unsigned char>(target[i]);
        if (byte == '%') {
            const char* digits = target.data() + i + 1;
            if (target.size() - i < 3 || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return {};
            i += 2;
        }
        if (byte == 0) return {};
        name.push_back(static_cast<char>(byte));
    }
    const auto path = std::filesystem::path(name).relative_path();
    if (std::find(path.begin(), path.end(), "..") != path.end()) return {};
    return path.has_filename() ? path : path / "index.html";
}

std::string_view type_of(const std::filesystem::path& file) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> known{{{".html", "text/html"},
                                                                                  {".txt", "text/plain"},
                                                                                  {".json", "application/json"},
                                                                                  {".png", "image/png"},
                                                                                  {".svg", "image/svg+xml"}}};
    for (const auto& [extension, type] : known)
        if (file.extension() == extension) return type;
    return "application/octet-stream";
}

std::string head(std::string_view status, std::uint64_t length, std::string_view type, bool keep_alive) {
    std::string text("HTTP/1.1 ");
    text.append(status).append("\r\nContent-Length: ").append(std::to_string(length));
    text.append("\r\nContent-Type: ").append(type);
    if (!keep_alive) text.append("\r\nConnection: close");
    return text.append("\r\n\r\n");
}

coil::task<> refuse(tcp_stream& s, std::string_view status, bool keep_alive) {
    std::string text = head(status, status.size() - 3, "text/plain", keep_alive);
    text.append(status.substr(4)).append("\n");
    co_await s.write(text);
}

coil::task<> send_file(tcp_stream& s, coil::fs::file& f, std::uint64_t size) {
    std::vector<std::byte> part(64 * 1024);
    for (std::uint64_t at = 0; at < size;) {
        const std::size_t n = co_await f.read_at(part, at);
        if (n == 0) throw std::runtime_error("the file has shrunk");  // its length was announced
        co_await s.write(coil::byte_view(part.data(), std::min<std::uint64_t>(n, size - at)));
        at += n;
    }
}

coil::task<> answer(tcp_stream& s, const std::filesystem::path& folder, const request& r) {
    if (r.method != "GET" && r.method != "HEAD") {
        co_await refuse(s, "405 Method Not Allowed", r.keep_alive);
        co_return;
    }
    const auto name = file_of(r.target);
    coil::fs::file f;
    std::uint64_t size = 0;
    if (name) {
        auto opened = co_await coil::as_result(coil::fs::open(folder / *name, coil::fs::mode::read));
        if (opened.has_value()) f = std::move(*opened);
    }
    std::byte first{};
    if (f.is_open()) {
        // a folder opens like a file, and cannot be read
        const auto readable = co_await coil::as_result(f.read_at(coil::byte_span(&first, 1), 0));
        if (readable.has_value()) size = co_await f.size();
        else f = {};
    }
    if (!f.is_open()) {
        co_await refuse(s, "404 Not Found", r.keep_alive);
        co_return;
    }
    const std::string text = head("200 OK", size, type_of(*name), r.keep_alive);
    co_await s.write(text);
    if (r.method == "GET") co_await send_file(s, f, size);
}

coil::task<> connection(tcp_stream s, coil::net::serving& server, const std::filesystem::path& folder) {
    s.set_no_delay(true);
    coil::buffered_reader in(s, {.limit = 8192});
    for (bool again = true; again;) {
        // the only wait that a stopping server does not finish
        auto line = co_await server.unless_stopping(in.read_line());
        if (!line || !*line) co_return;
        auto r = co_await coil::timeout(10s, read_request(in, std::move(**line)));
        if (!r) {
            co_await refuse(s, "400 Bad Request", false);
            co_return;
        }
        r->keep_alive = r->keep_alive && !server.stopping();
        co_await answer(s, folder, *r);
        again = r->keep_alive;
    }
}

coil::task<> serve(tcp_listener& l, const std::filesystem::path& folder, int loops) {
    std::printf("listening on %s\n", to_string(l.local_endpoint()).c_str());
    std::fflush(stdout);
    coil::stop_on({SIGINT, SIGTERM});
    const auto handler = [&](tcp_stream s, coil::net::serving& server) {
        return connection(std::move(s), server, folder);
    };
    co_await coil::net::serve(l, handler, {.max_connections = 1000, .loops = loops, .grace = 30s});
}

// ---- the demonstration

coil::task<> ask(tcp_stream& s, coil::buffered_reader<tcp_stream&>& in, std::string_view method,
                 std::string_view target) {
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: me\r\n\r\n");
    co_await s.write(text);
    auto line = co_await in.read_line();
    const std::string status = line->substr(9, 3);
    std::size_t length = 0;
    std::string type;
    while (line && !line->empty()) {
        line = co_await in.read_line();
        if (line->starts_with("Content-Length: ")) length = std::stoul(line->substr(16));
        if (line->starts_with("Content-Type: ")) type = line->substr(14);
    }
    std::string body(method == "HEAD" ? 0 : length, ' ');
    co_await in.read_exactly(body);
    std::printf("%.*s %.*s: %s, %zu bytes, %s\n", static_cast<int>(method.size()), method.data(),
                static_cast<int>(target.size()), target.data(), status.c_str(), body.size(), type.c_str());
}

coil::task<> demonstrate(tcp_listener& l, const std::filesystem::path& folder) {
    auto server = coil::spawn(serve(l, folder, 2));
    tcp_stream s = co_await tcp_stream::connect(l.local_endpoint());
    coil::buffered_reader in(s);
    co_await ask(s, in, "GET", "/hello.txt");
    co_await ask(s, in, "HEAD", "/hello.txt");
    co_await ask(s, in, "GET", "/%68ello.txt");
    co_await ask(s, in, "GET", "/nothing.here");
    co_await ask(s, in, "GET", "/../etc/passwd");
    co_await ask(s, in, "PUT", "/hello.txt");
    server.cancel();
    co_await server;
}

// Removes a folder of its own at the end.
struct own_folder {
    own_folder() : path(std::filesystem::temp_directory_path() / ("http_files-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path);
    }
    ~own_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

}  // namespace

int main(int argc, char** argv) {
    const bool demo = argc == 2 && std::strcmp(argv[1], "--demo") == 0;
    if (argc < 2 || argc > 4) {
        std::fprintf(stderr, "http_files FOLDER [PORT [LOOPS]] | --demo\n");
        return 2;
    }
    try {
        const int port = argc >= 3 ? std::atoi(argv[2]) : 0;  // 0: the system chooses one
        tcp_listener l = tcp_listener::bind(endpoint("127.0.0.1", port), {.reuse_port = true});
        if (demo) {
            const own_folder folder;
            coil::run(coil::fs::write_file(folder.path / "hello.txt", "hello, world\n"));
            coil::run(demonstrate(l, folder.path));
        } else {
            coil::run(serve(l, argv[1], argc == 4 ? std::atoi(argv[3]) : 1));
        }
    } catch (const coil::cancelled&) {
        std::puts("stopped");
    } catch (const std::exception& e) {
        std::fprintf(stderr, "http_files: %s\n", e.what());
        return 1;
    }
}

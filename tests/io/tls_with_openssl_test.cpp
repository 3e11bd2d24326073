// SPDX-License-Identifier: BSL-1.0
// Against the openssl tool's own client and server.
#include <coil/runtime/io/tls_stream.hpp>

#include "tls_ends.hpp"

#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/buffered_reader.hpp>
#include <coil/runtime/io/fd_stream.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace io_test;

namespace {

// `openssl ARGUMENTS`, with what it prints on both outputs as a stream. It goes with the object.
class tool {
public:
    explicit tool(const std::string& arguments) {
        std::array<int, 2> out;
        if (pipe(out.data()) != 0) throw std::system_error(errno, std::system_category(), "pipe");
        const std::string line = "exec openssl " + arguments;
        child_ = fork();
        if (child_ == 0) {
            dup2(out[1], 1);
            dup2(out[1], 2);
            close(out[0]);
            close(out[1]);
            execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
            _exit(127);
        }
        close(out[1]);
        printed = coil::fd_stream(out[0]);
    }
    tool(const tool&) = delete;
    tool& operator=(const tool&) = delete;
    ~tool() {
        if (child_ <= 0) return;
        kill(child_, SIGKILL);
        waitpid(child_, nullptr, 0);
    }
    // Waits for the end by itself; 0 is good.
    int status() {
        int result = -1;
        waitpid(child_, &result, 0);
        child_ = -1;
        return WIFEXITED(result) ? WEXITSTATUS(result) : 128;
    }

    coil::fd_stream printed;

private:
    pid_t child_;
};

std::string files(const char* name) {
    return "-cert " + certificates::made().path((std::string(name) + ".pem").c_str()) + " -key " +
           certificates::made().path((std::string(name) + ".key").c_str());
}

// The port in "ACCEPT 127.0.0.1:40181".
task<int> port_of(coil::buffered_reader<coil::fd_stream&>& printed) {
    auto line = co_await printed.read_line();
    while (line) {
        if (line->starts_with("ACCEPT")) co_return std::stoi(line->substr(line->rfind(':') + 1));
        line = co_await printed.read_line();
    }
    throw std::runtime_error("openssl s_server did not begin");
}

}  // namespace

TEST_CASE("coil is a client of openssl s_server") {
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        const auto body = [&]() -> task<> {
            const tls_context client = client_context({.alpn = "a,b"});
            tool server("s_server -accept 127.0.0.1:0 -rev -alpn b " + files("server") + " " + version);
            coil::buffered_reader printed{server.printed};
            const int port = co_await port_of(printed);
            tls_stream s = co_await tls_stream::connect("127.0.0.1", port, {.context = &client, .name = "server.test"});
            CHECK(s.version() == (version[6] == '2' ? "TLSv1.2" : "TLSv1.3"));
            CHECK(s.alpn() == "b");
            coil::buffered_reader in{s};
            co_await s.write("stressed\n");
            CHECK(co_await in.read_line() == "desserts");
            const std::string much(100'000, 'x');
            co_await s.write("ab\n");
            CHECK(co_await in.read_line() == "ba");
            co_await s.close();
        };
        coil::run(body());
    }
}

TEST_CASE("coil refuses an openssl s_server that is not who it should be") {
    const auto body = []() -> task<> {
        const tls_context client = client_context();
        tool server("s_server -accept 127.0.0.1:0 -rev " + files("other"));
        coil::buffered_reader printed{server.printed};
        const int port = co_await port_of(printed);
        try {
            co_await tls_stream::connect("127.0.0.1", port, {.context = &client, .name = "server.test"});
            FAIL("it is other.test");
        } catch (const std::system_error& e) {
            CHECK(e.code() == tls_errc::wrong_name);
        }
        tls_stream s = co_await tls_stream::connect("127.0.0.1", port, {.context = &client, .name = "other.test"});
        CHECK(s.peer_subject() == "CN=other.test");
    };
    coil::run(body());
}

TEST_CASE("an openssl s_server that is killed has not ended the stream") {
    const auto body = []() -> task<> {
        const tls_context client = client_context();
        tls_stream s;
        {
            tool server("s_server -accept 127.0.0.1:0 -rev " + files("server"));
            coil::buffered_reader printed{server.printed};
            const int port = co_await port_of(printed);
            s = co_await tls_stream::connect("127.0.0.1", port, {.context = &client, .name = "server.test"});
            coil::buffered_reader in{s};
            co_await s.write("ab\n");
            CHECK(co_await in.read_line() == "ba");
        }
        std::array<char, 1> one;
        try {
            co_await s.read(one);
            FAIL("it went without a word");
        } catch (const std::system_error& e) {
            CHECK((e.code() == tls_errc::truncated || e.code() == std::errc::connection_reset));
        }
    };
    coil::run(body());
}

TEST_CASE("coil is a server for openssl s_client, with a certificate on each side") {
    const std::string ca = certificates::made().path("ca.pem");
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        const auto body = [&]() -> task<> {
            const tls_context server = server_context({.client_ca = ca, .alpn = "b"});
            tcp_listener l = listen();
            tool client("s_client -quiet -connect " + to_string(l.local_endpoint()) + " -CAfile " + ca +
                        " -verify_return_error -verify_hostname server.test -servername server.test -alpn a,b " +
                        files("client") + " " + version + " </dev/null");
            tcp_stream tcp = co_await l.accept();
            tls_stream s = co_await tls_stream::server(std::move(tcp), server);
            CHECK(s.peer_subject() == "CN=client.test");
            CHECK(s.alpn() == "b");
            CHECK(s.server_name() == "server.test");
            co_await s.write("a line\nand another\n");
            co_await s.close();
            std::string all;
            coil::buffered_reader printed{client.printed};
            auto line = co_await printed.read_line();
            while (line) {
                all += *line + "\n";
                line = co_await printed.read_line();
            }
            CHECK(all.find("a line\nand another\n") != std::string::npos);
            CHECK(client.status() == 0);
        };
        coil::run(body());
    }
}

TEST_CASE("openssl s_client refuses a coil server that it does not trust, and coil says why") {
    const auto body = []() -> task<> {
        const std::string self = certificates::made().path("self.pem"), key = certificates::made().path("self.key");
        const tls_context server = server_context({.certificate = self, .key = key});
        tcp_listener l = listen();
        tool client("s_client -quiet -connect " + to_string(l.local_endpoint()) + " -CAfile " +
                    certificates::made().path("ca.pem") + " -verify_return_error </dev/null");
        tcp_stream tcp = co_await l.accept();
        try {
            co_await tls_stream::server(std::move(tcp), server);
            FAIL("it is trusted");
        } catch (const std::system_error& e) {
            CHECK(e.code() == tls_errc::refused_by_peer);
        }
        CHECK(client.status() != 0);
    };
    coil::run(body());
}

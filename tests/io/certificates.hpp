// SPDX-License-Identifier: BSL-1.0
// Certificates and keys as the openssl tool makes them, once per program.
#pragma once
#include "temporary_folder.hpp"

#include <coil/runtime/io/tls_context.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace io_test {

// An authority, and what it vouches for: "server" is server.test, localhost and 127.0.0.1; "other" is other.test, "wild"
// *.wild.test, "client" nobody's host. "self" vouches for itself as server.test. NAME.pem is a certificate, NAME.key its key.
class certificates {
public:
    static const certificates& made() {
        static const certificates all;
        return all;
    }

    std::string path(const char* file) const { return folder_ / file; }
    std::string text(const char* file) const {
        std::ifstream in(path(file));
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

private:
    // Signatures of these keys all have one size, so that what travels has the same size each time.
    certificates() {
        self_signed("ca", "coil test authority", "basicConstraints=critical,CA:TRUE");
        self_signed("self", "server.test", "subjectAltName=DNS:server.test");
        vouched_for("server", "subjectAltName=DNS:server.test,DNS:localhost,IP:127.0.0.1");
        vouched_for("other", "subjectAltName=DNS:other.test");
        vouched_for("wild", "subjectAltName=DNS:*.wild.test");
        vouched_for("client", "extendedKeyUsage=clientAuth");
    }
    void self_signed(const std::string& name, const std::string& subject, const std::string& extension) const {
        tool("req -x509 -newkey ed25519 -nodes -days 3650 -keyout " + name + ".key -out " + name + ".pem -subj '/CN=" +
             subject + "' -addext '" + extension + "'");
    }
    void vouched_for(const std::string& name, const std::string& extension) const {
        std::ofstream(path("extensions")) << extension << "\n";
        tool("req -newkey ed25519 -nodes -keyout " + name + ".key -out request -subj '/CN=" + name + ".test'");
        tool("x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile extensions -out " + name +
             ".pem");
    }
    void tool(const std::string& arguments) const {
        const std::string log = path("log");
        const std::string line = "cd '" + folder_.path().string() + "' && openssl " + arguments + " >>log 2>&1";
        if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: openssl " + arguments + "\n" + text("log"));
    }

    temporary_folder folder_;
};

inline coil::net::tls_context server_context(coil::net::tls_server_options o = {}) {
    const std::string certificate = certificates::made().path("server.pem"), key = certificates::made().path("server.key");
    if (o.certificate.empty()) {
        o.certificate = certificate;
        o.key = key;
    }
    return coil::net::tls_context::server(o);
}

inline coil::net::tls_context client_context(coil::net::tls_client_options o = {}) {
    const std::string ca = certificates::made().path("ca.pem");
    if (o.ca.empty()) o.ca = ca;
    return coil::net::tls_context::client(o);
}

}  // namespace io_test

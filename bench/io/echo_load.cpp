// SPDX-License-Identifier: BSL-1.0
// The load of the echo rows: connections that each keep one request in flight, in a process of its own.
// Prints one line of JSON: requests, wall time, latency, and what the server (--pid) spent in the same window: CPU time
// of all its threads, resident memory, and its own counts (--page).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "../ring/raw_ring.hpp"
#include "echo_options.hpp"
#include "latency.hpp"

namespace {

using floor_of::raw_ring;

struct wanted {
    std::uint16_t port = 0;
    pid_t pid = 0;
    unsigned connections = 64;
    std::size_t bytes = 64;
    double seconds = 1;
    double warm_up = 0.3;
    bool idle = false;  // one request each, then nothing: for the memory of connections at rest
    const echo::page* counts = nullptr;
};

std::uint64_t nanoseconds(clockid_t clock) {
    timespec t{};
    if (clock_gettime(clock, &t) != 0) return 0;
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(t.tv_nsec);
}

clockid_t cpu_clock(pid_t pid) {
    clockid_t c{};
    if (clock_getcpuclockid(pid, &c) != 0) {
        std::fprintf(stderr, "no process %d\n", static_cast<int>(pid));
        std::exit(1);
    }
    return c;
}

double resident(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/statm";
    long all = 0;
    long pages = 0;
    if (std::FILE* f = std::fopen(path.c_str(), "r")) {
        if (std::fscanf(f, "%ld %ld", &all, &pages) != 2) pages = 0;
        std::fclose(f);
    }
    return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

int connect_to(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) {
        std::perror("connect");
        std::exit(1);
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/// What the server has spent up to now.
struct reading {
    std::uint64_t wall;
    std::uint64_t cpu;
    std::uint64_t own_cpu;
    std::uint64_t enters;
    std::uint64_t allocations;

    explicit reading(const wanted& o)
        : wall(nanoseconds(CLOCK_MONOTONIC)),
          cpu(nanoseconds(cpu_clock(o.pid))),
          own_cpu(nanoseconds(CLOCK_PROCESS_CPUTIME_ID)),
          enters(o.counts != nullptr ? o.counts->enters.load() : 0),
          allocations(o.counts != nullptr ? o.counts->allocations.load() : 0) {}
};

class load {
public:
    explicit load(const wanted& o) : ring_(4096), message_(o.bytes, 'x') {
        connections_.resize(o.connections);
        for (auto& k : connections_) {
            k.fd = connect_to(o.port);
            k.answer.resize(o.bytes);
        }
    }
    ~load() {
        for (auto& k : connections_)
            close(k.fd);
    }

    /// Keeps every connection busy until `end`.
    void run_until(std::uint64_t end) {
        going_ = true;
        now_ = nanoseconds(CLOCK_MONOTONIC);
        for (auto& k : connections_)
            if (!k.busy) request(k);
        while (now_ < end)
            reap();
    }

    /// Lets what is in flight come back.
    void drain() {
        going_ = false;
        while (in_flight_ > 0)
            reap();
    }

    void once_each() {
        now_ = nanoseconds(CLOCK_MONOTONIC);
        for (auto& k : connections_) {
            request(k);
            drain();
        }
    }

    echo::latency& times() { return times_; }

private:
    struct connection {
        int fd = -1;
        bool busy = false;
        unsigned halves = 0;  // the request is over when both its send and its receive are
        std::uint64_t since = 0;
        std::vector<char> answer;
    };

    void request(connection& k) {
        io_uring_sqe* e = entry();
        io_uring_prep_send(e, k.fd, message_.data(), message_.size(), MSG_WAITALL | MSG_NOSIGNAL);
        io_uring_sqe_set_data(e, &k);
        e = entry();
        io_uring_prep_recv(e, k.fd, k.answer.data(), k.answer.size(), MSG_WAITALL);
        io_uring_sqe_set_data(e, &k);
        k.since = now_;
        k.halves = 2;
        k.busy = true;
        ++in_flight_;
    }

    io_uring_sqe* entry() { return ring_.entry(); }

    void reap() {
        io_uring_submit_and_wait(ring_.get(), 1);
        now_ = nanoseconds(CLOCK_MONOTONIC);
        unsigned head = 0;
        unsigned seen = 0;
        io_uring_cqe* c = nullptr;
        io_uring_for_each_cqe(ring_.get(), head, c) {
            ++seen;
            auto& k = *static_cast<connection*>(io_uring_cqe_get_data(c));
            if (c->res != static_cast<int>(message_.size())) {
                std::fprintf(stderr, "the server answered %d of %zu bytes\n", c->res, message_.size());
                std::exit(1);
            }
            if (--k.halves > 0) continue;
            times_.add(now_ - k.since);
            k.busy = false;
            --in_flight_;
            if (going_) request(k);
        }
        io_uring_cq_advance(ring_.get(), seen);
    }

    raw_ring ring_;
    std::vector<char> message_;
    std::vector<connection> connections_;
    echo::latency times_;
    std::uint64_t now_ = 0;
    unsigned in_flight_ = 0;
    bool going_ = false;
};

void measure_load(const wanted& o) {
    load l(o);
    const auto ns = [](double s) { return static_cast<std::uint64_t>(s * 1e9); };
    // Until each connection has long been accepted and answered, however slow the machine is.
    do
        l.run_until(nanoseconds(CLOCK_MONOTONIC) + ns(o.warm_up));
    while (o.warm_up > 0 && l.times().count() < 4ULL * o.connections);
    l.times().clear();
    const reading a(o);
    l.run_until(a.wall + ns(o.seconds));
    const reading b(o);
    const auto requests = static_cast<double>(l.times().count());
    std::printf(
        "{\"requests\": %.0f, \"rate\": %.0f, \"wall_ns\": %.1f, \"cpu_ns\": %.1f, \"load_cpu_ns\": %.1f, \"p50_ns\": %llu, \"p99_ns\": %llu, "
        "\"enters\": %.4f, \"allocs\": %.6f}\n",
        requests, requests * 1e9 / static_cast<double>(b.wall - a.wall),
        static_cast<double>(b.wall - a.wall) / requests, static_cast<double>(b.cpu - a.cpu) / requests,
        static_cast<double>(b.own_cpu - a.own_cpu) / requests, static_cast<unsigned long long>(l.times().at(0.5)),
        static_cast<unsigned long long>(l.times().at(0.99)), static_cast<double>(b.enters - a.enters) / requests,
        static_cast<double>(b.allocations - a.allocations) / requests);
    l.drain();
}

void measure_idle(const wanted& o) {
    const double before = resident(o.pid);
    load l(o);
    l.once_each();
    usleep(200'000);
    std::printf("{\"bytes\": %.1f}\n", (resident(o.pid) - before) / o.connections);
}

}  // namespace

int main(int argc, char** argv) {
    wanted o;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const char* value = argv[i + 1];
        if (name == "--port") o.port = static_cast<std::uint16_t>(std::atoi(value));
        else if (name == "--pid") o.pid = std::atoi(value);
        else if (name == "--connections") o.connections = static_cast<unsigned>(std::atoi(value));
        else if (name == "--bytes") o.bytes = std::strtoul(value, nullptr, 10);
        else if (name == "--seconds") o.seconds = std::atof(value);
        else if (name == "--warm-up") o.warm_up = std::atof(value);
        else if (name == "--idle") o.idle = std::atoi(value) != 0;
        else if (name == "--page") o.counts = echo::open_page(value);
        else o.port = 0;
    }
    if (o.port == 0 || o.pid == 0) {
        std::fputs(
            "usage: --port N --pid N [--connections N] [--bytes N] [--seconds S] [--warm-up S] [--idle 1] [--page FILE]\n",
            stderr);
        return 2;
    }
    if (o.idle) measure_idle(o);
    else measure_load(o);
}

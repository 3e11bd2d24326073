// SPDX-License-Identifier: BSL-1.0
// Echo rows: libuv's callbacks.
#include <uv.h>

#include <cstdlib>
#include <memory>

#include "echo_options.hpp"

namespace {

struct connection {
    uv_tcp_t handle{};
    uv_write_t write{};
    std::unique_ptr<char[]> buffer;
};

std::size_t buffer_size = 0;

void end(uv_handle_t* h) {
    uv_close(h, [](uv_handle_t* closed) { delete static_cast<connection*>(closed->data); });
}

// One buffer a connection: reading pauses while its content is being written.
void give_buffer(uv_handle_t* h, std::size_t, uv_buf_t* out) {
    *out = uv_buf_init(static_cast<connection*>(h->data)->buffer.get(), static_cast<unsigned>(buffer_size));
}

void on_read(uv_stream_t* s, ssize_t n, const uv_buf_t* b) {
    if (n == 0) return;
    if (n < 0) return end(reinterpret_cast<uv_handle_t*>(s));
    auto* k = static_cast<connection*>(s->data);
    uv_buf_t out = uv_buf_init(b->base, static_cast<unsigned>(n));
    const int sent = uv_try_write(s, &out, 1);
    if (sent == static_cast<int>(n)) return;
    const int done = sent > 0 ? sent : 0;
    out = uv_buf_init(b->base + done, static_cast<unsigned>(n - done));
    uv_read_stop(s);
    uv_write(&k->write, s, &out, 1, [](uv_write_t* w, int status) {
        if (status < 0) end(reinterpret_cast<uv_handle_t*>(w->handle));
        else uv_read_start(w->handle, give_buffer, on_read);
    });
}

void on_connection(uv_stream_t* listener, int status) {
    if (status < 0) return;
    auto* k = new connection;
    uv_tcp_init(listener->loop, &k->handle);
    k->handle.data = k;
    k->buffer = std::make_unique_for_overwrite<char[]>(buffer_size);
    auto* s = reinterpret_cast<uv_stream_t*>(&k->handle);
    if (uv_accept(listener, s) != 0) return end(reinterpret_cast<uv_handle_t*>(s));
    uv_tcp_nodelay(&k->handle, 1);
    uv_read_start(s, give_buffer, on_read);
}

}  // namespace

int main(int argc, char** argv) {
    auto o = echo::parse(argc, argv);
    buffer_size = o.buffer;
    uv_loop_t* loop = uv_default_loop();
    uv_tcp_t listener;
    uv_tcp_init(loop, &listener);
    uv_tcp_open(&listener, echo::listen(o));
    if (uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 4096, on_connection) != 0) return 1;
    echo::announce(o.port);
    return uv_run(loop, UV_RUN_DEFAULT);
}

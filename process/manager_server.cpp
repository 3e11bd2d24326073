// SPDX-License-Identifier: BSL-1.0
#include <coil/process/manager_protocol.hpp>

#include <coil/process/codec.hpp>
#include <coil/process/manager_frames.hpp>
#include <coil/process/manager_objects.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/process/worker_main.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/async/when_any.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/io/unix_stream.hpp>
#include <coil/runtime/run/run.hpp>

#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace coil::process {

namespace {

using objects = std::map<std::string, std::unique_ptr<kept_object>>;

// One connection: requests are answered in turn; while one waits, the end of the stream withdraws it.
class session {
public:
    session(objects& all, net::unix_stream s) : all_(all), stream_(std::move(s)) {
        who_.answered = [this] {
            if (wakes_) std::exchange(wakes_, std::nullopt)->set_value();
        };
    }
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    ~session() {
        if (object_) object_->forget(who_);
    }

    task<> serve() {
        std::vector<std::byte> message;
        for (;;) {
            const bool asked = co_await requests_.next(stream_, message);
            if (!asked) co_return;
            if (!answer_to(message)) continue;
            if (who_.waits) {
                const bool came = co_await wait();
                if (!came) co_return;
            }
            const auto answer = framed(who_.answer.message());
            co_await stream_.write(answer);
        }
    }

private:
    // False for what has no answer.
    bool answer_to(const std::vector<std::byte>& message) {
        who_.answer.clear();
        encode(who_.answer, false);
        try {
            decoder from(message);
            const auto op = from.value<manager_op>();
            if (op == manager_op::open) open(from);
            else if (!object_) bad_message("a request before it was said what for");
            else object_->ask(who_, op, from);
            return op != manager_op::took;
        } catch (...) {
            who_.answer.clear();
            encode(who_.answer, true);
            encode_exception(who_.answer, std::current_exception());
            return true;
        }
    }

    void open(decoder& from) {
        const auto kind = from.value<managed_kind>();
        auto name = decode<std::string>(from);
        const auto limit = from.value<std::uint64_t>();
        auto& object = all_[name];
        if (!object) {
            try {
                object = make_kept(kind, name, limit);
            } catch (...) {
                all_.erase(name);
                throw;
            }
        }
        if (object->kind != kind) throw std::invalid_argument("the manager keeps something of another kind as " + name);
        object_ = object.get();
    }

    task<> answered() {
        co_await from_callback<void>([&](resolver<void> r) {
            if (!who_.waits) r.set_value();
            else wakes_ = std::move(r);
        });
    }
    // True when the answer has come; false if the asker has gone before.
    task<bool> wait() {
        co_await when_any(answered(), stream_.readable());
        wakes_.reset();
        co_return !who_.waits;
    }

    objects& all_;
    net::unix_stream stream_;
    frame_reader requests_;
    kept_object* object_ = nullptr;
    asker who_;
    std::optional<resolver<void>> wakes_;
};

task<> serve_one(objects& all, net::unix_stream s) {
    session one(all, std::move(s));
    try {
        co_await one.serve();
    } catch (const std::system_error&) {
        // it has gone in the middle of something
    }
}

task<> serve_all() {
    objects all;
    co_await with_scope([&](scope& s) -> task<> {
        net::unix_stream introductions{ring::descriptor(control_number)};
        for (;;) {
            std::byte mark{};
            auto got = co_await introductions.receive_descriptors(std::span(&mark, 1));
            if (got.size == 0) break;  // nobody is left
            for (auto& d : got.descriptors) s.spawn(serve_one(all, net::unix_stream(std::move(d))));
        }
    });
}

}  // namespace

int serve_manager() {
    std::signal(SIGINT, SIG_IGN);  // the parent's to deal with
    coil::run(serve_all());
    return 0;
}

}  // namespace coil::process

// SPDX-License-Identifier: BSL-1.0
// Children for tests of the parts that start them: what they print, and how they end.
#pragma once
#include "start_child.hpp"

#include <coil/process/clone.hpp>
#include <coil/process/pidfd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace process_test {

using namespace coil::process;

// Strings as exec wants them.
class strings {
public:
    strings(std::initializer_list<const char*> list) : pointers_(list) { pointers_.push_back(nullptr); }
    operator const char* const*() const { return pointers_.data(); }

private:
    std::vector<const char*> pointers_;
};

struct raw_pipe {
    raw_pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe can be made");
        reader = ends[0];
        writer = ends[1];
    }
    raw_pipe(const raw_pipe&) = delete;
    raw_pipe& operator=(const raw_pipe&) = delete;
    ~raw_pipe() {
        ::close(reader);
        close_writer();
    }
    void close_writer() {
        if (writer >= 0) ::close(writer);
        writer = -1;
    }
    std::string read_all() {
        close_writer();
        std::string text;
        std::array<char, 4096> some{};
        for (ssize_t n; (n = ::read(reader, some.data(), some.size())) > 0;)
            text.append(some.data(), static_cast<std::size_t>(n));
        return text;
    }
    int reader = -1, writer = -1;
};

struct outcome {
    std::string out;
    child_end end;
};

// Runs a shell's program with its output in a pipe, and what else `w` says.
inline outcome shell(const char* text, launch w = {}, std::vector<descriptor_move> also = {}) {
    static const strings programs{"/bin/sh"};
    const strings arguments{"sh", "-c", text};
    raw_pipe out;
    also.insert(also.begin(), {{null_device, 0}, {out.writer, 1}, {2, 2}});
    w.programs = programs;
    w.arguments = arguments;
    w.descriptors = also;
    const launched c = start_child(w);
    if (c.error != 0) throw std::runtime_error("no child: " + std::to_string(c.error));
    outcome result;
    result.out = out.read_all();
    result.end = reap_blocking(c.pidfd);
    ::close(c.pidfd);
    return result;
}

}  // namespace process_test

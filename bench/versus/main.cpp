// SPDX-License-Identifier: BSL-1.0
#include <coil/process/init.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "child/role.hpp"
#include "cli/help.hpp"
#include "cli/options.hpp"
#include "measure/interruption.hpp"
#include "measure/measured.hpp"
#include "server/server.hpp"
#include "session.hpp"

namespace {

constexpr int cannot_begin = 2;

struct played_role {
    std::string_view name;
    int (*play)();
};

constexpr std::array roles{
    played_role{versus::role::server, versus::serve_delayed_answers},
    played_role{versus::role::measured, versus::run_measured_job},
};

// Pipes to children are put at 0 and 1 there; that needs these numbers to be taken here.
void open_standard_streams() {
    int fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = ::open("/dev/null", O_RDWR);
    if (fd > STDERR_FILENO) ::close(fd);
}

// A role ends with the process that started it, even if that is killed.
int play(const played_role& part, std::string_view parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (std::to_string(::getppid()) != parent) return 1;
    return part.play();
}

int main_of_user(const std::vector<std::string>& args) {
    auto parsed = versus::parse_options(args);
    if (const auto* text = std::get_if<versus::text_only>(&parsed)) {
        fmt::print(text->exit_status == 0 ? stdout : stderr, "{}", text->text);
        return text->exit_status;
    }
    const auto& asked = std::get<versus::options>(parsed);
    if (asked.list) {
        fmt::print("{}", versus::list_text());
        return 0;
    }
    versus::watch_for_interruption();
    return versus::run_session(asked);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        open_standard_streams();
        coil::process::init(argc, argv);
        // A reader that went away shows as EPIPE where it is written to.
        std::signal(SIGPIPE, SIG_IGN);
        const std::vector<std::string> args(argv + 1, argv + argc);
        for (const played_role& part : roles) {
            if (args.size() == 2 && args[0] == part.name) return play(part, args[1]);
        }
        return main_of_user(args);
    } catch (const versus::interrupted& error) {
        fmt::print(stderr, "versus: {}\n", error.what());
        return 128 + error.signal();
    } catch (const std::exception& error) {
        fmt::print(stderr, "versus: {}\n", error.what());
        return cannot_begin;
    }
}

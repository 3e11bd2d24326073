// SPDX-License-Identifier: BSL-1.0
// versus as a user meets it: what it says, what it leaves behind and how it ends when something is wrong.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <vector>

#include "folder.hpp"
#include "server/delay.hpp"

namespace {

std::string whole_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct ended {
    int status = -1;  // as a shell tells it
    std::string out;
    std::string err;
};

// Runs versus in `dir`; `watch` sees each line of its standard error and its pid.
ended run_versus(const folder& dir, std::vector<std::string> args,
                 const std::function<void(const std::string&, pid_t)>& watch = {},
                 const std::vector<std::string>& environment = {}) {
    const char* program = std::getenv("VERSUS");
    REQUIRE_MESSAGE(program != nullptr, "VERSUS names the program");
    args.insert(args.begin(), program);
    std::vector<char*> argv;
    for (std::string& arg : args)
        argv.push_back(arg.data());
    argv.push_back(nullptr);
    std::vector<char*> envp;
    for (const std::string& variable : environment)
        envp.push_back(const_cast<char*>(variable.c_str()));
    envp.push_back(nullptr);

    int err_pipe[2];
    REQUIRE(::pipe2(err_pipe, O_CLOEXEC) == 0);
    const std::string out_path = dir / "stdout";
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, out_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, err_pipe[1], 2);
    ::posix_spawn_file_actions_addchdir_np(&actions, dir.path().c_str());
    pid_t pid = -1;
    REQUIRE(::posix_spawn(&pid, program, &actions, nullptr, argv.data(),
                          environment.empty() ? ::environ : envp.data()) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(err_pipe[1]);

    ended result;
    std::FILE* err = ::fdopen(err_pipe[0], "r");
    char* line = nullptr;
    std::size_t room = 0;
    while (::getline(&line, &room, err) > 0) {
        result.err += line;
        if (watch) watch(line, pid);
    }
    std::free(line);
    std::fclose(err);
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = whole_file(out_path);
    return result;
}

bool has(const std::string& text, std::string_view part) {
    INFO(text);
    INFO(part);
    return text.find(part) != std::string::npos;
}

nlohmann::json report_in(const folder& dir) {
    return nlohmann::json::parse(whole_file(dir / "report.json"));
}

// Whoever loses its parent comes to this process from now on, so that nobody can be left behind unseen.
void adopt_orphans() {
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
}

// Returns when every process that versus started is gone; hangs, for the watchdog to end, if one lives on. Those whose
// parent was killed are killed by the kernel, which may take effect a moment later.
void wait_for_orphans() {
    while (::waitpid(-1, nullptr, 0) > 0) {}
    CHECK(errno == ECHILD);
}

// Work enough for many rounds, so that something can happen in the middle.
std::vector<std::string> long_run(const char* modes) {
    return {"--only", "cpu-primes", "--modes", modes, "--runs", "500", "--seconds", "60"};
}

}  // namespace

TEST_CASE("a short comparison ends well and leaves both reports") {
    const folder dir;
    dir.add("files/one", "some content");
    dir.add("files/two", std::string(100'000, 'x'));
    const ended run = run_versus(dir, {"--dir", dir / "files", "--seconds", "8", "--runs", "3"});
    INFO(run.err);
    CHECK(run.status == 0);
    for (const char* word :
         {"io-http", "io-files", "cpu-sha256", "cpu-primes", "cpu-queens", "mixed", "speed-up", "sequential"}) {
        CHECK(has(run.out, word));
    }
    const auto report = report_in(dir);
    CHECK(report.at("partial") == false);
    REQUIRE(report.at("works").size() == 6);
    for (const auto& work : report.at("works")) {
        CHECK(work.at("error").is_null());
        CHECK_FALSE(work.at("digest").is_null());
        for (const auto& mode : work.at("modes"))
            CHECK(mode.at("runs").size() == 3);
    }
    // The server holds its answers back: one after another they cannot take less than all their delays.
    const auto& http = report.at("works").at(0);
    const double delays = std::chrono::duration<double>(versus::delay_of_all(http.at("items"))).count();
    for (const auto& run_of_http : http.at("modes").at(0).at("runs"))
        CHECK(run_of_http.at("wall_s") >= delays);
    CHECK(http.at("server").at("answers") > 0);
    CHECK(has(whole_file(dir / "report.html"), "</html>"));
}

TEST_CASE("an unknown option is named") {
    const folder dir;
    const ended run = run_versus(dir, {"--fastest"});
    CHECK(run.status == 2);
    CHECK(has(run.err, "--fastest"));
    CHECK(run.out.empty());
}

TEST_CASE("a directory that is not there, or without files, is named before anything is measured") {
    const folder dir;
    const ended gone = run_versus(dir, {"--dir", "/no/such/place"});
    CHECK(gone.status == 2);
    CHECK(has(gone.err, "/no/such/place: there is no such directory"));
    std::filesystem::create_directory(dir / "empty");
    const ended empty = run_versus(dir, {"--dir", dir / "empty"});
    CHECK(empty.status == 2);
    CHECK(has(empty.err, (dir / "empty") + ": no file that can be read lies below it"));
}

TEST_CASE("a report that cannot be written is named before anything is measured") {
    const folder dir;
    const ended run = run_versus(dir, {"--only", "cpu-primes", "--json", "/no/such/place/r.json"});
    CHECK(run.status == 2);
    CHECK(has(run.err, "write /no/such/place/r.json"));
    CHECK_FALSE(has(run.err, "cpu-primes"));
}

TEST_CASE("a file that vanishes is named; what was measured stays, marked as partial") {
    const folder dir;
    for (int i = 0; i < 20; ++i)
        dir.add("files/" + std::to_string(i), std::string(1000, 'x'));
    const ended run = run_versus(dir,
                                 {"--dir", dir / "files", "--only", "io-files,cpu-primes", "--modes",
                                  "loop,pool,loop+pool", "--runs", "100", "--seconds", "10"},
                                 [&](const std::string& line, pid_t) {
                                     // The trials are over when this line comes, and hundreds of runs lie ahead.
                                     if (line.find("run 2 of 100") != std::string::npos)
                                         std::filesystem::remove(dir / "files/7");
                                 });
    CHECK(run.status == 1);
    CHECK(has(run.err, "io-files ends early"));
    CHECK(has(run.err, "open " + (dir / "files/7") + ": No such file or directory"));
    CHECK(has(run.out, "ended early"));
    const auto report = report_in(dir);
    CHECK(report.at("partial") == true);
    CHECK(has(report.at("partial_because"), "files/7"));
    CHECK(report.at("works").at(0).at("modes").at(0).at("runs").size() >= 2);
    // The other work does not suffer.
    CHECK(report.at("works").at(1).at("error").is_null());
    CHECK(report.at("works").at(1).at("modes").at(0).at("runs").size() == 100);
    CHECK(has(whole_file(dir / "report.html"), "files/7"));
}

TEST_CASE("an interrupted run keeps what it has, marked as partial") {
    const folder dir;
    adopt_orphans();
    const ended run = run_versus(dir, long_run("sequential,loop,pool,loop+pool,threads,processes"),
                                 [](const std::string& line, pid_t pid) {
                                     if (line.find("run 2 of 500") != std::string::npos) ::kill(pid, SIGINT);
                                 });
    wait_for_orphans();
    CHECK(run.status == 130);
    CHECK(has(run.err, "interrupted by signal 2"));
    CHECK(has(run.out, "This report is not complete: interrupted by signal 2"));
    const auto report = report_in(dir);
    CHECK(report.at("partial") == true);
    const auto runs = report.at("works").at(0).at("modes").at(0).at("runs").size();
    CHECK(runs >= 2);
    CHECK(runs < 500);
    CHECK(has(whole_file(dir / "report.html"), "Not complete"));
}

TEST_CASE("no process outlives versus, even where it is killed") {
    for (const char* modes : {"loop+pool", "processes"}) {
        const folder dir;
        adopt_orphans();
        const ended run = run_versus(dir, long_run(modes), [](const std::string& line, pid_t pid) {
            if (line.find("run 2 of 500") != std::string::npos) ::kill(pid, SIGKILL);
        });
        wait_for_orphans();
        CHECK(run.status == 128 + SIGKILL);
    }
}

TEST_CASE("without gnuplot the page comes without charts and says what to install") {
    const folder dir;
    const ended run =
        run_versus(dir, {"--only", "cpu-primes", "--seconds", "5", "--runs", "1"}, {}, {"PATH=" + dir.path()});
    CHECK(run.status == 0);
    CHECK(has(run.err, "gnuplot was not found (Debian: apt install gnuplot-nox)"));
    CHECK(has(whole_file(dir / "report.html"), "There are no charts"));
}

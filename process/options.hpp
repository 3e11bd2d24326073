// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/child_settings.hpp>
#include <coil/process/environment.hpp>
#include <coil/process/stdio.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/io/byte_view.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace coil::process {

/// Refers to a path, of any of the usual types. Lifetime: it lives until the child has been spawned.
class path_ref {
public:
    constexpr path_ref() noexcept = default;
    constexpr path_ref(std::string_view s) noexcept : text_(s) {}
    path_ref(const std::string& s) noexcept : text_(s) {}
    constexpr path_ref(const char* s) noexcept : text_(s) {}
    path_ref(const std::filesystem::path& p) noexcept : text_(p.native()) {}
    constexpr std::string_view view() const noexcept { return text_; }

private:
    std::string_view text_;
};

/// Is a duration, or none. Shape: any duration; what does not fit is the longest.
class time_allowed {
public:
    constexpr time_allowed() noexcept = default;
    template <class Rep, class Period>
    constexpr time_allowed(std::chrono::duration<Rep, Period> d) noexcept : length_(clamp_duration(d)), given_(true) {}
    constexpr bool given() const noexcept { return given_; }
    constexpr nanoseconds length() const noexcept { return length_; }

private:
    nanoseconds length_{0};
    bool given_ = false;
};

/// Is a number of a user or a group, or none.
class id_option {
public:
    constexpr id_option() noexcept = default;
    constexpr id_option(unsigned id) noexcept : id_(id), given_(true) {}
    constexpr bool given() const noexcept { return given_; }
    constexpr unsigned id() const noexcept { return id_; }

private:
    unsigned id_ = 0;
    bool given_ = false;
};

/// Says which process group a child is in; a child that leads one takes its family with it when it is ended.
class group_option {
public:
    enum class kind : std::uint8_t { automatic, own, parents, session, join };
    constexpr group_option() noexcept = default;
    constexpr explicit group_option(kind what, int group = 0) noexcept : what_(what), group_(group) {}
    constexpr kind what() const noexcept { return what_; }
    constexpr int group() const noexcept { return group_; }

private:
    kind what_ = kind::automatic;
    int group_ = 0;
};
/// A group of its own; but the parent's, if the child inherits a terminal as its input and nothing limits its time:
/// outside the terminal's foreground group it could not read there, and ^C would not reach it.
inline constexpr group_option automatic_group{group_option::kind::automatic};
inline constexpr group_option own_group{group_option::kind::own};
inline constexpr group_option parents_group{group_option::kind::parents};
/// A session of its own, without a terminal (or with the `terminal` of its streams).
inline constexpr group_option new_session{group_option::kind::session};
/// A group that exists.
constexpr group_option join_group(int group) noexcept {
    return group_option(group_option::kind::join, group);
}

/// What time a child that is to end has between SIGTERM and SIGKILL, unless it is told another.
inline constexpr nanoseconds default_grace = std::chrono::seconds(1);

/// How a child is spawned. What it refers to lives until then.
struct spawn_options {
    stdio in = {};   ///< the child's standard input
    stdio out = {};  ///< its standard output
    stdio err = {};  ///< its standard error
    path_ref cwd = {};
    environment_ref env = {};  ///< instead of this process's own
    group_option process_group = {};
    int umask = -1;
    id_option user = {};   ///< with it the supplementary groups go, unless `groups` says which
    id_option group = {};
    std::span<const unsigned> groups = {};
    std::span<const resource_limit> limits = {};
    int nice = 0;  ///< added to this process's own
    std::span<const unsigned> processors = {};            ///< the child may run on these
    std::span<const descriptor_move> descriptors = {};    ///< beside 0, 1 and 2; no other is open in the child
    int death_signal = 0;             ///< sent to the child should this process end first (Linux, prctl(2))
    int cgroup = -1;                  ///< a descriptor of the directory of the cgroup it is born into
    bool keep_ignored_signals = false;  ///< what is ignored here stays ignored there, as nohup(1) wants it
    path_ref program = {};            ///< the file to run, if it is not the first argument
};

/// How a program is run to its end. As `spawn_options` where they share a name.
struct run_options {
    byte_view input = {};     ///< what it reads; inherited if not given (an empty text is given)
    bool capture = false;     ///< output and error come back as texts
    time_allowed timeout = {};  ///< then it, and its process group, is ended, and `timed_out` thrown
    bool check = false;       ///< an end without success is thrown as `failed`
    path_ref cwd = {};
    environment_ref env = {};
    time_allowed grace = {};  ///< between SIGTERM and SIGKILL when it is ended; one second if not given
    group_option process_group = {};
    int umask = -1;
    id_option user = {};
    id_option group = {};
    std::span<const unsigned> groups = {};
    std::span<const resource_limit> limits = {};
    int nice = 0;
    std::span<const unsigned> processors = {};
    std::span<const descriptor_move> descriptors = {};
    int death_signal = 0;
    int cgroup = -1;
    bool keep_ignored_signals = false;
    path_ref program = {};
};

}  // namespace coil::process

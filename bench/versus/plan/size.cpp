// SPDX-License-Identifier: BSL-1.0
#include "plan/size.hpp"

#include <algorithm>
#include <cmath>

#include "measure/launch.hpp"
#include "plan/file_list.hpp"
#include "server/delay.hpp"
#include "work/file_content.hpp"
#include "work/queens.hpp"

namespace versus {
namespace {

constexpr std::chrono::seconds trial_patience{60};
// A trial that takes less says too little.
constexpr double telling_s = 0.015;

run_figures trial(const work_spec& spec) {
    return launch({"sequential", 1, spec}, trial_patience).figures;
}

// For work that computes: unlike the wall time it is not drawn out by whatever else runs on the machine.
double trial_cpu_s(const work_spec& spec) {
    return trial(spec).cpu_s();
}

std::size_t at_least_one(double n) {
    return static_cast<std::size_t>(std::max(1.0, n));
}

// Three million rather than 2,968,417.
std::uint64_t two_digits(double n) {
    const double unit = std::pow(10, std::max(0.0, std::floor(std::log10(n)) - 1));
    return static_cast<std::uint64_t>(std::floor(n / unit) * unit);
}

work_spec size_requests(work_spec spec, const size_inputs& inputs, double seconds) {
    constexpr double overhead_s = 0.0005;
    if (inputs.requests) {
        spec.requests = *inputs.requests;
        return spec;
    }
    double sum = 0;
    while (sum < seconds) {
        sum += overhead_s + std::chrono::duration<double>(delay_of(spec.requests)).count();
        ++spec.requests;
    }
    return spec;
}

work_spec size_primes(work_spec spec, double seconds) {
    spec.below = 100'000;
    double took = trial_cpu_s(spec);
    while (took < telling_s) {
        spec.below *= 2;
        took = trial_cpu_s(spec);
    }
    // Numbers times the square root of the limit, less the many that a small divisor ends.
    constexpr double exponent = 1.45;
    spec.below = std::max<std::uint64_t>(
        1000, two_digits(static_cast<double>(spec.below) * std::pow(seconds / took, 1 / exponent)));
    return spec;
}

work_spec size_queens(work_spec spec, double seconds) {
    // Each larger board takes about this many times as long.
    constexpr double growth = 5.5;
    spec.board = 8;
    double took = trial_cpu_s(spec);
    while (took < telling_s && took * growth < seconds) {
        ++spec.board;
        took = trial_cpu_s(spec);
    }
    for (; took * growth < seconds && spec.board < largest_board; took *= growth)
        ++spec.board;
    return spec;
}

// How many of the files fit into the time, by the time that `tried` of them took.
std::size_t fitting(double seconds, double took, std::size_t tried) {
    return at_least_one(seconds / std::max(took, 1e-6) * static_cast<double>(tried));
}

// A handful first: a few files of some megabytes each may be all that the time allows.
constexpr std::size_t handful = 8;
constexpr std::size_t telling_files = 200;

work_spec size_file_reading(work_spec spec, const size_inputs& inputs, double seconds) {
    spec.files = sample(inputs.files, telling_files);
    if (!inputs.warm) {
        const auto some = sample(spec.files, 32);
        for (const std::string& file : some)
            forget(file);
        // A memory file system forgets nothing, and what another process holds in memory stays there.
        spec.cold = share_in_memory(some) < 0.5;
    }
    spec.files = sample(inputs.files, handful);
    double took = trial(spec).wall_s;
    if (const std::size_t most = fitting(seconds, took, spec.files.size()); most > 2 * handful) {
        spec.files = sample(inputs.files, std::min(most, telling_files));
        took = trial(spec).wall_s;
    }
    spec.files = sample(inputs.files, fitting(seconds, took, spec.files.size()));
    return spec;
}

// A large file, hashed many times over, would outweigh all the others together.
constexpr std::size_t most_hashed_bytes = std::size_t{256} << 10;

struct hashing_cost {
    double reading_s = 0;    // of all files, and whatever else does not grow with the rounds
    double per_round_s = 0;  // of all files
};

hashing_cost try_hashing(const std::vector<std::string>& files) {
    work_spec spec;
    spec.work = "cpu-sha256";
    spec.most_bytes = most_hashed_bytes;
    spec.files = files;
    const double once = trial_cpu_s(spec);
    double often = 0;
    do {
        spec.rounds *= 4;
        often = trial_cpu_s(spec);
    } while (often < once + 2 * telling_s);
    const double per_round = (often - once) / (spec.rounds - 1);
    return {std::max(0.0, once - per_round), per_round};
}

unsigned rounds_for(double seconds, const hashing_cost& cost) {
    return static_cast<unsigned>(std::clamp((seconds - cost.reading_s) / cost.per_round_s, 1.0, 1e6));
}

// At most `most` of the files, fewer if hashing them once takes longer than `seconds`.
std::vector<std::string> files_to_hash(const std::vector<std::string>& files, std::size_t most, double seconds) {
    const auto few = sample(files, std::min(most, handful));
    const hashing_cost cost = try_hashing(few);
    return sample(files, std::min(most, fitting(seconds, cost.reading_s + cost.per_round_s, few.size())));
}

work_spec size_hashing(work_spec spec, const size_inputs& inputs, double seconds) {
    constexpr std::size_t most_files = 400;
    spec.most_bytes = most_hashed_bytes;
    spec.files = files_to_hash(inputs.files, most_files, seconds);
    spec.rounds = rounds_for(seconds, try_hashing(spec.files));
    return spec;
}

work_spec size_mixed(work_spec spec, const size_inputs& inputs, double seconds) {
    // An item computes for about 5 ms and waits for about 12: one thread that waits for many of them at once becomes busy
    // all the time, so both concurrency and parallelism show.
    constexpr double computing_s = 0.005;
    const double waiting_s = std::chrono::duration<double>(delay_of_all(1000)).count() / 1000;
    const double share = computing_s / (computing_s + waiting_s);
    const std::size_t most_files = at_least_one(seconds / (computing_s + waiting_s));
    spec.most_bytes = most_hashed_bytes;
    spec.files = files_to_hash(inputs.files, most_files, seconds * share);
    spec.rounds = rounds_for(computing_s * static_cast<double>(spec.files.size()), try_hashing(spec.files));
    return spec;
}

}  // namespace

work_spec choose_size(const std::string& work, const size_inputs& inputs, double seconds) {
    work_spec spec;
    spec.work = work;
    spec.port = inputs.port;
    if (work == "io-http") return size_requests(std::move(spec), inputs, seconds);
    if (work == "io-files") return size_file_reading(std::move(spec), inputs, seconds);
    if (work == "cpu-sha256") return size_hashing(std::move(spec), inputs, seconds);
    if (work == "cpu-primes") return size_primes(std::move(spec), seconds);
    if (work == "cpu-queens") return size_queens(std::move(spec), seconds);
    return size_mixed(std::move(spec), inputs, seconds);
}

}  // namespace versus

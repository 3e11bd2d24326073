// SPDX-License-Identifier: BSL-1.0
#include "modes/mode.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "folder.hpp"

using namespace versus;

namespace {

// Counts how often each item runs and how many run at once; one item may fail.
class counted final : public workload {
public:
    explicit counted(std::size_t count, std::size_t failing = none) : runs_(count), failing_(failing) {}

    static constexpr std::size_t none = ~std::size_t{0};

    std::size_t items() const override { return runs_.size(); }

    std::uint64_t run(std::size_t item) const override {
        const std::size_t now = ++under_way_;
        for (std::size_t seen = most_; now > seen && !most_.compare_exchange_weak(seen, now);) {}
        ++runs_[item];
        // Gives a mode that would begin too many the opportunity to do so.
        for (int i = 0; i < 20; ++i)
            std::this_thread::yield();
        --under_way_;
        if (item == failing_) throw std::runtime_error("item " + std::to_string(item) + " failed");
        return item * item;
    }

    std::size_t most_under_way() const { return most_; }
    std::size_t runs_of(std::size_t item) const { return runs_[item]; }
    std::size_t runs_of_all() const {
        std::size_t sum = 0;
        for (const auto& runs : runs_)
            sum += runs;
        return sum;
    }

private:
    mutable std::vector<std::atomic<std::size_t>> runs_;
    mutable std::atomic<std::size_t> under_way_ = 0;
    mutable std::atomic<std::size_t> most_ = 0;
    std::size_t failing_;
};

// Those that run items in this process: a made-up workload does not reach another one.
std::vector<const mode_entry*> modes_of_this_process() {
    std::vector<const mode_entry*> modes;
    for (const mode_entry& mode : all_modes()) {
        if (mode.name != "processes") modes.push_back(&mode);
    }
    return modes;
}

}  // namespace

TEST_CASE("every mode runs every item once and keeps the results in order") {
    for (const mode_entry* mode : modes_of_this_process()) {
        INFO(mode->name);
        for (const std::size_t count : {0u, 1u, 2u, 100u}) {
            const counted work(count);
            const mode_outcome outcome = mode->run(work, {}, 7);
            REQUIRE(outcome.results.size() == count);
            for (std::size_t item = 0; item < count; ++item) {
                CHECK(work.runs_of(item) == 1);
                CHECK(outcome.results[item] == item * item);
            }
            CHECK(work.most_under_way() <= 7);
        }
    }
}

TEST_CASE("an item that fails ends the mode with its error, and no later item is begun for long") {
    for (const mode_entry* mode : modes_of_this_process()) {
        INFO(mode->name);
        const counted work(10'000, 3);
        CHECK_THROWS_WITH_AS((void)mode->run(work, {}, 4), "item 3 failed", std::runtime_error);
        CHECK(work.runs_of_all() < 10'000);
    }
}

TEST_CASE("a file that is gone ends every mode with its name") {
    const folder dir;
    work_spec spec;
    spec.work = "io-files";
    for (int i = 0; i < 50; ++i)
        spec.files.push_back(i == 20 ? dir / "gone" : dir.add(std::to_string(i), "content"));
    const auto work = find_work(spec.work)->make(spec);
    for (const mode_entry* mode : modes_of_this_process()) {
        INFO(mode->name);
        CHECK_THROWS_WITH_AS((void)mode->run(*work, spec, 8),
                             ("open " + (dir / "gone") + ": No such file or directory").c_str(), std::system_error);
    }
}

TEST_CASE("modes are known by name, sequential first, each with a width that fits the work") {
    REQUIRE_FALSE(all_modes().empty());
    CHECK(all_modes().front().name == "sequential");
    std::set<std::string_view> names;
    const mode_limits limits{50, 4};
    for (const mode_entry& mode : all_modes()) {
        CHECK(names.insert(mode.name).second);
        CHECK(find_mode(mode.name) == &mode);
        for (const work_kind kind : {work_kind::waits, work_kind::computes, work_kind::both}) {
            const std::size_t width = mode.width(kind, limits);
            CHECK(width >= 1);
            CHECK(width <= 50);
        }
        // Where an item has neither a thread nor a process of its own, any number may be under way.
        const bool light = mode.name.starts_with("loop") || mode.name == "pool" || mode.name == "fibers";
        CHECK(mode.width(work_kind::computes, limits) <= (light ? 50u : 4u));
        CHECK(mode.width(work_kind::waits, {1, 4}) <= 4);
    }
    for (const char* name : {"sequential", "loop", "fibers", "pool", "loop+pool", "threads", "processes"})
        CHECK(names.contains(name));
    CHECK(is_on_one_thread("fibers"));
    CHECK_FALSE(is_on_one_thread("loop+pool"));
    CHECK(find_mode("sequential")->width(work_kind::waits, limits) == 1);
    CHECK(find_mode("threads")->width(work_kind::waits, limits) == 50);
    CHECK(find_mode("no such") == nullptr);
}

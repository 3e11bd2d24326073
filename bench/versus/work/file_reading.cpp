// SPDX-License-Identifier: BSL-1.0
#include "work/file_reading.hpp"

#include "work/awaited_file.hpp"
#include "work/file_content.hpp"

namespace versus {
namespace {

class file_reading final : public workload {
public:
    explicit file_reading(const work_spec& spec) : files_(spec.files), most_bytes_(spec.most_bytes), cold_(spec.cold) {}

    std::size_t items() const override { return files_.size(); }

    std::string prepare() override {
        for (const std::string& file : files_) {
            if (cold_) {
                forget(file);
            } else {
                (void)checksum_of_file(file, most_bytes_);
            }
        }
        return {};
    }

    std::uint64_t run(std::size_t item) const override { return checksum_of_file(files_[item], most_bytes_); }

    coil::task<std::uint64_t> run_awaited(std::size_t item, computing) const override {
        return awaited_checksum_of_file(files_[item], most_bytes_);
    }

private:
    std::vector<std::string> files_;
    std::size_t most_bytes_;
    bool cold_;
};

}  // namespace

std::unique_ptr<workload> make_file_reading(const work_spec& spec) {
    return std::make_unique<file_reading>(spec);
}

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#include "work/hashing.hpp"

#include "work/awaited_file.hpp"
#include "work/checksum.hpp"
#include "work/computing.hpp"
#include "work/file_content.hpp"
#include "work/sha256.hpp"

namespace versus {
namespace {

class hashing final : public workload {
public:
    explicit hashing(const work_spec& spec) : files_(spec.files), most_bytes_(spec.most_bytes), rounds_(spec.rounds) {}

    std::size_t items() const override { return files_.size(); }

    std::string prepare() override {
        for (const std::string& file : files_)
            (void)checksum_of_file(file, most_bytes_);
        return {};
    }

    std::uint64_t run(std::size_t item) const override {
        return checksum_of(sha256(content_of(files_[item], most_bytes_), rounds_));
    }

    coil::task<std::uint64_t> run_awaited(std::size_t item, computing where) const override {
        const std::vector<std::byte> content = co_await awaited_content_of(files_[item], most_bytes_);
        const auto hash = [&content, this] { return checksum_of(sha256(content, rounds_)); };
        co_return co_await computed(where, hash);
    }

private:
    std::vector<std::string> files_;
    std::size_t most_bytes_;
    unsigned rounds_;
};

}  // namespace

std::unique_ptr<workload> make_hashing(const work_spec& spec) {
    return std::make_unique<hashing>(spec);
}

}  // namespace versus

// SPDX-License-Identifier: BSL-1.0
#include "work/mixed.hpp"

#include <fmt/format.h>

#include "work/awaited_file.hpp"
#include "work/awaited_http_client.hpp"
#include "work/checksum.hpp"
#include "work/computing.hpp"
#include "work/file_content.hpp"
#include "work/http_client.hpp"
#include "work/sha256.hpp"

namespace versus {
namespace {

class mixed final : public workload {
public:
    explicit mixed(const work_spec& spec)
        : files_(spec.files), most_bytes_(spec.most_bytes), port_(spec.port), rounds_(spec.rounds) {}

    std::size_t items() const override { return files_.size(); }

    std::string prepare() override {
        for (const std::string& file : files_)
            (void)checksum_of_file(file, most_bytes_);
        return {};
    }

    std::uint64_t run(std::size_t item) const override {
        const std::string hash = hex(sha256(content_of(files_[item], most_bytes_), rounds_));
        return checksum_of(http_call(port_, "POST", fmt::format("/item/{}", item), hash));
    }

    coil::task<std::uint64_t> run_awaited(std::size_t item, computing where) const override {
        const std::vector<std::byte> content = co_await awaited_content_of(files_[item], most_bytes_);
        const auto hashed = [&content, this] { return hex(sha256(content, rounds_)); };
        std::string hash = co_await computed(where, hashed);
        const std::string answer =
            co_await awaited_http_call(port_, "POST", fmt::format("/item/{}", item), std::move(hash));
        co_return checksum_of(answer);
    }

private:
    std::vector<std::string> files_;
    std::size_t most_bytes_;
    std::uint16_t port_;
    unsigned rounds_;
};

}  // namespace

std::unique_ptr<workload> make_mixed(const work_spec& spec) {
    return std::make_unique<mixed>(spec);
}

}  // namespace versus

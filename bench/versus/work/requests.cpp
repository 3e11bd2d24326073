// SPDX-License-Identifier: BSL-1.0
#include "work/requests.hpp"

#include <fmt/format.h>

#include "work/awaited_http_client.hpp"
#include "work/checksum.hpp"
#include "work/http_client.hpp"

namespace versus {
namespace {

class requests final : public workload {
public:
    explicit requests(const work_spec& spec) : port_(spec.port), count_(spec.requests) {}

    std::size_t items() const override { return count_; }

    std::uint64_t run(std::size_t item) const override {
        return checksum_of(http_call(port_, "GET", fmt::format("/item/{}", item)));
    }

    coil::task<std::uint64_t> run_awaited(std::size_t item, computing) const override {
        const std::string answer = co_await awaited_http_call(port_, "GET", fmt::format("/item/{}", item));
        co_return checksum_of(answer);
    }

private:
    std::uint16_t port_;
    std::size_t count_;
};

}  // namespace

std::unique_ptr<workload> make_requests(const work_spec& spec) {
    return std::make_unique<requests>(spec);
}

}  // namespace versus

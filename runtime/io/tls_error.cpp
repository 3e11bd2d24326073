// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_error.hpp>

#include <string>

namespace coil::net {

namespace {

struct category final : std::error_category {
    const char* name() const noexcept override { return "tls"; }
    std::string message(int value) const override {
        switch (static_cast<tls_errc>(value)) {
        case tls_errc::truncated: return "the stream ended unannounced";
        case tls_errc::certificate_refused: return "the peer's certificate is not trusted";
        case tls_errc::wrong_name: return "the peer's certificate is another host's";
        case tls_errc::refused_by_peer: return "the peer refused";
        case tls_errc::protocol: return "the two sides do not agree";
        case tls_errc::unusable_configuration: return "this cannot be used";
        }
        return "error " + std::to_string(value);
    }
};

}  // namespace

const std::error_category& tls_category() noexcept {
    static const category one;
    return one;
}

}  // namespace coil::net

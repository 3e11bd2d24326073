// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace versus {

/// Everything that says which work is to be done: the same for every mode, so it travels to the measured processes.
struct work_spec {
    std::string work;                               ///< A name of the catalog.
    std::uint16_t port = 0;                         ///< Where the server listens on 127.0.0.1.
    std::size_t requests = 0;                       ///< io-http: how many.
    std::uint64_t below = 0;                        ///< cpu-primes: primes below this.
    unsigned board = 0;                             ///< cpu-queens: queens on a board of this side.
    unsigned rounds = 1;                            ///< cpu-sha256, mixed: how many times over each file is hashed.
    std::size_t most_bytes = std::size_t{4} << 20;  ///< The works on files: of a larger one only the beginning is read.
    bool cold = false;                              ///< io-files: ask the kernel to forget the files before the run.
    std::vector<std::string> files;                 ///< The works on files: one item each.
};

/// One line of JSON, then the files, each ended by a zero byte (a file name may hold anything else).
std::string encode(const work_spec& spec);
/// Throws std::exception on what encode() did not write.
work_spec decode_work_spec(std::string_view text);

}  // namespace versus

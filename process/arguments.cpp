// SPDX-License-Identifier: BSL-1.0
#include <coil/process/arguments.hpp>

#include <coil/runtime/base/shortened.hpp>

#include <stdexcept>

namespace coil::process {

void arguments::check() const {
    if (list_.empty() || list_.front().empty())
        throw std::invalid_argument("coil: a program to run has to be named");
    for (const std::string& text : list_)
        if (text.find('\0') != std::string::npos)
            throw std::invalid_argument("coil: an argument of " + shortened(list_.front().substr(0, list_.front().find('\0'))) +
                                        " has a zero in it");
}

}  // namespace coil::process

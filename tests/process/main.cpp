// SPDX-License-Identifier: BSL-1.0
// The main function of the tests of processes: workers begin here.
#define DOCTEST_CONFIG_IMPLEMENT
#include <coil/process/init.hpp>

#include <doctest/doctest.h>

int main(int argc, char** argv) {
    coil::process::init(argc, argv);
    return doctest::Context(argc, argv).run();
}

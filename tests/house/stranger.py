# SPDX-License-Identifier: BSL-1.0
"""Somebody who uses coil from outside: a program, and the running of commands that must not fail."""

import subprocess
import sys

PROGRAM = """
#include <coil/coil.hpp>
#if __has_include(<coil/runtime/run/run.hpp>)
coil::task<int> answer() { co_return 42; }
coil::task<int> amain() { co_return co_await answer(); }
int main() { return coil::run(amain()) == 42 ? 0 : 1; }
#else
int main() { return COIL_VERSION_MAJOR < 0; }
#endif
"""


def run(*command, **options):
    """Runs a command, shows it with its output, ends the test where it fails; returns the output."""
    print('+', *command, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    print(done.stdout, end='', flush=True)
    if done.returncode != 0:
        sys.exit(f'{command[0]}: exit status {done.returncode}')
    return done.stdout

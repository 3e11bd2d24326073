#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""readme.py extract README SOURCE: writes the first ```cpp block of README to SOURCE.
readme.py run README PROGRAM: runs PROGRAM; it must print the first ```text block that follows that ```cpp block."""

import re
import subprocess
import sys


def block(text, language):
    """The first block of a language, and what follows it."""
    match = re.search(rf'^```{language}\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    if not match:
        sys.exit(f'README: no ```{language} block where one is expected')
    return match.group(1), text[match.end():]


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ('extract', 'run'):
        sys.exit(__doc__)
    with open(sys.argv[2], encoding='utf-8') as file:
        program, rest = block(file.read(), 'cpp')
    if sys.argv[1] == 'extract':
        with open(sys.argv[3], 'w', encoding='utf-8') as file:
            file.write(program)
        return
    expected, _ = block(rest, 'text')
    done = subprocess.run([sys.argv[3]], stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end='')
    if done.returncode != 0:
        sys.exit(f'exit status {done.returncode}')
    if done.stdout != expected:
        sys.exit(f'README promises:\n{expected}')


if __name__ == '__main__':
    main()

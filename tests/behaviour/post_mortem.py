#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""post_mortem.py GDB SCRIPT PROGRAM: what gdb finds in a program that has died, and in its core, is what it printed itself."""

import os
import re
import subprocess
import sys
import tempfile

SKIPPED = 77


def gdb(program, *arguments):
    done = subprocess.run([program, '-q', '-nx', '-batch', '-ex', 'set disable-randomization off', '-ex', 'set width 0',
                           '-ex', 'set pagination off', *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=240, env={**os.environ, 'DEBUGINFOD_URLS': ''})
    for reason in ('ptrace: Operation not permitted', 'Could not trace the inferior', 'Scripting in the "Python" language is not supported',
                   'there is no debug information for'):
        if reason in done.stdout:
            print(f'skipped: gdb says "{reason}"')
            sys.exit(SKIPPED)
    return done.stdout


def dumps(text):
    """What `dump_tasks` and `coil tasks` print, as lists of one entry a task."""
    found = []
    for line in text.splitlines():
        if re.fullmatch(r'coil: \d+ tasks', line):
            found.append([line])
        elif found and re.match(r'task \d+', line):
            found[-1].append(line)
        elif found and line.startswith('    '):
            found[-1][-1] += '\n' + line
    return found


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    debugger, script, program = sys.argv[1:]
    failures = []
    with tempfile.TemporaryDirectory(prefix='coil-core-') as folder:
        core = os.path.join(folder, 'core')
        live = gdb(debugger, '-ex', 'run', '-ex', f'generate-core-file {core}', '-x', script,
                   '-ex', 'coil tasks', '-ex', 'coil task 2', '-ex', 'coil task 99', '-ex', 'coil task x', program)
        dead = gdb(debugger, '-x', script, '-ex', 'coil tasks', program, core)
    own, by_gdb = (dumps(live) + [[], []])[:2]
    of_core = (dumps(dead) + [[]])[0]
    if len(own) < 14:
        failures.append(f'the program lists {len(own)} lines:\n{live}')
    for name, listed in ('live', by_gdb), ('core', of_core):
        # gdb leaves the stacks of fibers out of the cores that it writes; those of the kernel have them
        listed = [(t if name == 'live' or '"fiber"' not in t else None) for t in listed]
        for here, there in zip(own, listed + [''] * len(own)):
            if there is not None and here != there:
                failures.append(f'{name}: the program prints\n{here}\ngdb finds\n{there}')
    for wanted in ('        number = 21\n', '        doubled = 42\n', '        number = 20\n',
                   'there is no task 99', 'the number of a task is wanted'):
        if wanted not in live:
            failures.append(f'gdb does not say "{wanted.strip()}":\n{live}')
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())

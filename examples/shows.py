#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""shows.py SOURCE PROGRAM [ARGUMENT...]: runs the program; it must print what the first comment of its source says.

The block of lines that are indented by three blanks after "It prints" is the expectation, line by line, whatever the
number of blanks within. In it <n> stands for any number, and <n > 1> for one that is greater than 1."""

import re
import subprocess
import sys


def promised(source):
    """The lines that the first comment promises."""
    with open(source, encoding='utf-8') as file:
        lines = file.read().split('\n')
    comment = [line[2:] for line in lines[:next(i for i, line in enumerate(lines) if not line.startswith('//'))]]
    begin = next((i for i, line in enumerate(comment) if 'It prints' in line), None)
    block = [line.strip() for line in comment[begin + 1:] if line.startswith('   ')] if begin is not None else []
    if not block:
        sys.exit(f'{source}: the first comment does not say what it prints')
    return block


def matches(pattern, line):
    """Whether a printed line is as promised."""
    parts = re.split(r'<n(?: > (\d+))?>', ' '.join(pattern.split()))
    expression = re.escape(parts[0])
    for rest in parts[2::2]:
        expression += r'(\d+(?:\.\d+)?)' + re.escape(rest)
    found = re.fullmatch(expression, ' '.join(line.split()))
    return found is not None and all(least is None or float(number) > float(least)
                                     for least, number in zip(parts[1::2], found.groups()))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    expected = promised(sys.argv[1])
    done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end='', flush=True)
    if done.returncode != 0:
        sys.exit(f'exit status {done.returncode}')
    printed = [line for line in done.stdout.split('\n') if line.strip()]
    for number, pattern in enumerate(expected):
        if number == len(printed) or not matches(pattern, printed[number]):
            sys.exit(f'line {number + 1} is not the promised: {pattern}')
    if len(printed) > len(expected):
        sys.exit(f'line {len(expected) + 1} was not promised: {printed[len(expected)]}')


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""count.py LOG: reads the JSON log of `meson test` and prints "PASSED FAILED SKIPPED".

A doctest program counts its test cases, as its own last summary says; any other program counts as one. A program that
failed although none of its cases did (it crashed, or ran out of time) has failed once more.
"""

import json
import re
import sys

_SUMMARY = re.compile(
    r'^\[doctest\] test cases: *\d+ *\| *(\d+) passed *\| *(\d+) failed *\|(?: *(\d+) skipped)?', re.MULTILINE)


def count(tests):
    total = [0, 0, 0]
    for test in tests:
        good = test['result'] in ('OK', 'EXPECTEDFAIL')
        summary = _SUMMARY.findall(test.get('stdout') or '')
        if test['result'] == 'SKIP':
            own = [0, 0, 1]
        elif summary:
            own = [int(n or 0) for n in summary[-1]]
            if not good and own[1] == 0:
                own[1] = 1
        else:
            own = [int(good), int(not good), 0]
        total = [a + b for a, b in zip(total, own)]
    return tuple(total)


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as log:
        print(*count(json.loads(line) for line in log))

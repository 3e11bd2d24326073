#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""check.py NAME ROOT: runs one check of the source tree; prints each finding as file:line: text, and fails if there is one."""

import sys

import boundary
import layers
import shape
from tree import Tree

CHECKS = {function.__name__: function for function in (
    layers.direction, layers.cycles, layers.kernel_headers, layers.examples,
    boundary.descriptors, boundary.clocks,
    shape.sizes, shape.places, shape.licences, shape.listed, shape.mirrored, shape.umbrellas)}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in CHECKS:
        sys.exit(f'{__doc__}\nNAME is one of: {" ".join(CHECKS)}')
    tree = Tree(sys.argv[2])
    if not tree.code():
        sys.exit(f'{sys.argv[2]}: no source file found')
    findings = list(CHECKS[sys.argv[1]](tree))
    print('\n'.join(findings))
    sys.exit(1 if findings else 0)


if __name__ == '__main__':
    main()

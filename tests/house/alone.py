#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""alone.py HEADER... -- SOURCE...: writes for each header a source that includes it, twice: once to see that it brings what
it needs, and once more to see that it guards itself."""

import sys


def main():
    split = sys.argv.index('--') if '--' in sys.argv else 0
    headers, sources = sys.argv[1:split], sys.argv[split + 1:]
    if not headers or len(headers) != len(sources):
        sys.exit(__doc__)
    for header, source in zip(headers, sources):
        with open(source, 'w', encoding='utf-8') as file:
            file.write(2 * f'#include <coil/{header}>\n')


if __name__ == '__main__':
    main()

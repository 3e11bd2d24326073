#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""installed.py BUILD -- COMPILER...: installs coil somewhere and builds a program on it by pkg-config, with nothing else of
the source or the build tree in reach."""

import os
import sys
import tempfile

from stranger import PROGRAM, run


def main():
    split = sys.argv.index('--') if '--' in sys.argv else 0
    if split != 2 or len(sys.argv) < 4:
        sys.exit(__doc__)
    build, compiler = os.path.abspath(sys.argv[1]), sys.argv[split + 1:]
    with tempfile.TemporaryDirectory(prefix='coil-installed-') as place:
        run('meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', place)
        found = [folder for folder, _, names in os.walk(place) if 'coil.pc' in names]
        if len(found) != 1:
            sys.exit(f'coil.pc is installed in {found}')
        environment = {**os.environ, 'PKG_CONFIG_PATH': found[0]}
        prefix = run('pkg-config', '--variable=prefix', 'coil', env=environment).strip()
        flags = run('pkg-config', f'--define-variable=prefix={place}{prefix}', '--static', '--cflags', '--libs', 'coil',
                    env=environment).split()
        source, app = os.path.join(place, 'main.cpp'), os.path.join(place, 'app')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(PROGRAM)
        run(*compiler, '-std=c++20', '-Wall', '-Wextra', '-Werror', source, '-o', app, *flags)
        run(app)


if __name__ == '__main__':
    main()

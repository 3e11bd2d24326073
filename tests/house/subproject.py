#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""subproject.py SOURCE -- COMPILER...: takes coil into an empty parent project as a user would.

The program must build without a warning at the level a careful user sets, and run; none of coil's tests, examples and
benchmarks may be among the targets; a parent that asks for the installed dependency's name gets the subproject.
"""

import json
import os
import sys
import tempfile

from stranger import PROGRAM, run

BUILD = """
project('parent', 'cpp', default_options: ['cpp_std=c++20', 'warning_level=3', 'werror=true'])
add_project_arguments('-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Wsign-conversion',
  '-Wold-style-cast', '-Wnon-virtual-dtor', '-Woverloaded-virtual', '-Wcast-qual', '-Wformat=2', '-Wundef',
  language: 'cpp')
coil = dependency('coil', fallback: 'coil')
executable('app', 'main.cpp', dependencies: coil)
"""

def main():
    split = sys.argv.index('--') if '--' in sys.argv else 0
    if split != 2 or len(sys.argv) < 4:
        sys.exit(__doc__)
    source, compiler = os.path.abspath(sys.argv[1]), sys.argv[split + 1:]
    environment = {**os.environ, 'CXX': ' '.join(compiler)}
    for name in 'CXXFLAGS', 'CPPFLAGS', 'LDFLAGS':
        environment.pop(name, None)
    with tempfile.TemporaryDirectory(prefix='coil-parent-') as parent:
        os.mkdir(os.path.join(parent, 'subprojects'))
        os.symlink(source, os.path.join(parent, 'subprojects', 'coil'))
        for name, text in ('meson.build', BUILD), ('main.cpp', PROGRAM):
            with open(os.path.join(parent, name), 'w', encoding='utf-8') as file:
                file.write(text)
        build = os.path.join(parent, 'build')
        run('meson', 'setup', '-Dunity=subprojects', '-Dunity_size=8', build, parent, env=environment)  # a third of the time
        built = run('meson', 'compile', '-C', build, env=environment)
        if 'warning:' in built:
            sys.exit('a warning')
        run(os.path.join(build, 'app'))

        # What coil adds to its parent is its libraries and nothing else.
        with open(os.path.join(build, 'meson-info', 'intro-targets.json'), encoding='utf-8') as file:
            targets = [t for t in json.load(file) if t['subproject'] == 'coil']
        for target in targets:
            if target['type'] != 'static library':
                sys.exit(f'{target["name"]}: a {target["type"]} of coil in a parent that asked for the library only')
        with open(os.path.join(build, 'meson-info', 'intro-tests.json'), encoding='utf-8') as file:
            tests = json.load(file)
        if tests:
            sys.exit(f'tests of coil in the parent: {[t["name"] for t in tests]}')
        if os.path.exists(os.path.join(source, 'include')):
            sys.exit('the source root has been written to')


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: BSL-1.0
"""The shape of the tree: sizes, names, what lies where, what the build files list, what mirrors what."""

import posixpath
import re

from tree import CODE, PARTS, includes

_TOP = {
    '.ci', '.clang-format', '.clang-tidy', '.gitignore', 'LICENSE', 'README.md', 'bench', 'examples', 'meson.build',
    'meson_options.txt', 'process', 'runtime', 'sync', 'tests'}
_DRAWERS = {'common', 'detail', 'details', 'helper', 'helpers', 'impl', 'internal', 'misc', 'util', 'utils'}
_LONGEST = 600
_LICENCE = 'SPDX-License-Identifier: BSL-1.0'


def sizes(tree):
    """Files that have become two files."""
    for name in tree.files:
        if name.endswith(CODE + ('.py', '.sh', '.build')) or '.' not in posixpath.basename(name):
            length = tree.text(name).count('\n')
            if length > _LONGEST:
                yield f'{name}:{length}: {length} lines, more than {_LONGEST}'


def places(tree):
    """Top-level entries beside the fixed ones, drawers, and names that are not snake_case."""
    for name in tree.files:
        path = name.split('/')
        if path[0] not in _TOP:
            yield f'{name}:1: lies outside the fixed top level'
        for folder in path[:-1]:
            if folder in _DRAWERS:
                yield f'{name}:1: a folder is named for what it is, not {folder}'
        if name.endswith(CODE) and not re.fullmatch(r'[a-z0-9_/]+\.[ch]pp', name):
            yield f'{name}:1: names are snake_case'


def licences(tree):
    """Sources and scripts that do not name their licence in the first two lines."""
    for name in tree.files:
        if name.endswith(CODE + ('.py', '.sh', 'meson.build')):
            if _LICENCE not in '\n'.join(tree.text(name).split('\n')[:2]):
                yield f'{name}:1: does not begin with // {_LICENCE}'


def listed(tree):
    """Sources that no build file names, and private headers that users would need."""
    named = {}
    for build_file in tree.files:
        if posixpath.basename(build_file) == 'meson.build':
            strings = re.findall(r"'([^'\n]+)'", re.sub(r'(^|\s)#[^\n]*', r'\1', tree.text(build_file)))
            bases = {posixpath.basename(s) for s in strings}
            # 'echo_' + name, in a loop over names.
            prefixes = set(re.findall(r"'(\w+)' \+ name", tree.text(build_file)))
            named[posixpath.dirname(build_file)] = bases | {prefix + base for prefix in prefixes for base in bases}
    public, private = set(tree.headers()), set(tree.headers('private_headers'))
    for name in tree.code():
        folder, base = posixpath.split(name)
        if name.endswith('.cpp'):
            stem = base[:-len('.cpp')]
            spellings = {base, stem, re.sub(r'_test$', '', stem)}
            folders = [folder[:i] for i, c in enumerate(folder + '/') if c == '/'] + ['']
            if not any(spellings & named.get(f, set()) for f in folders):
                yield f'{name}:1: no meson.build names it'
        elif folder.split('/')[0] in PARTS:
            if name not in public | private and base != folder + '.hpp':
                yield f'{name}:1: neither a header nor a private header of {folder}/meson.build'
            if name in public:
                for line, target in tree.coil_includes(name):
                    if target in private:
                        yield f'{name}:{line}: is public and includes {target}, which is private'


def mirrored(tree):
    """Public headers without a test of their name that includes them."""
    for header in tree.headers():
        path = header.split('/')
        folder = '/'.join(path[1:-1]) if path[0] == 'runtime' else '/'.join(path[:-1])
        stem = path[-1][:-len('.hpp')]
        test = f'tests/{folder}/{stem}_test.cpp'
        if header not in tree.files:
            yield f'{header}:1: is listed and does not exist'
        elif test not in tree.files:
            yield f'{header}:1: has no test {test}'
        else:
            if f'coil/{header}' not in [target for _, _, target in includes(tree.text(test))]:
                yield f'{test}:1: does not include <coil/{header}>'
            if stem not in tree.lists(f'tests/{folder}/meson.build').get('unit_tests', []):
                yield f'{test}:1: is not among the unit_tests of tests/{folder}/meson.build'


def umbrellas(tree):
    """Public headers that the header of their part neither brings nor names in a comment as left out.

    `ring` is left out whole: it is asked for by name, since it brings the kernel's headers.
    """
    for part in PARTS:
        umbrella = f'{part}/{part}.hpp'
        if umbrella not in tree.files:
            yield f'{umbrella}:1: does not exist'
            continue
        public = [h for h in tree.headers() if h.startswith(part + '/')]
        for line, target in tree.coil_includes(umbrella):
            if target not in public and target != 'version.hpp':
                yield f'{umbrella}:{line}: includes {target}, which is no public header'
        brought, new = set(), {umbrella}
        while new:
            brought |= new
            new = {t for name in new for _, t in tree.coil_includes(name) if t in tree.files} - brought
        for header in public:
            if header in brought or header not in tree.files or header.startswith('runtime/ring/'):
                continue
            if f'<coil/{header}>' not in tree.text(umbrella):
                yield f'{umbrella}:1: does not bring <coil/{header}>'

# SPDX-License-Identifier: BSL-1.0
"""The source tree as the checks see it: its files, their tokens, their includes, the names its build files list."""

import os
import posixpath
import re
import subprocess

CODE = ('.cpp', '.hpp')
PARTS = ('runtime', 'sync', 'process')

_STRING_OR_COMMENT = re.compile(
    r'R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'"  # not the separator in 10'000
    r'|//(?:\\\n|[^\n])*'
    r'|/\*.*?\*/',
    re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d(?:[\w.']|[eEpP][+-])*|::|->|&&|\|\||[^\s\w]")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
_DIRECTIVE = re.compile(r'^[ \t]*#[ \t]*(?:include|pragma|error|warning)\b[^\n]*', re.MULTILINE)
_LIST = re.compile(r'^(\w+) \+?= \[(.*?)\]', re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"'([^'\n]*)'")


def _blank(match):
    """What was there, with its lines kept and nothing in them."""
    return ' ' + '\n' * match.group().count('\n')


def tokens(text):
    """Yields (line, token) for all that is neither comment, string, nor an #include."""
    text = _DIRECTIVE.sub('', _STRING_OR_COMMENT.sub(_blank, text))
    line, last = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count('\n', last, match.start())
        last = match.start()
        yield line, match.group()


def includes(text):
    """Yields (line, bracket, name) for each #include, also those under #if."""
    def keep_includes(match):
        return match.group() if match.group().startswith('"') else _blank(match)
    text = _STRING_OR_COMMENT.sub(keep_includes, text)
    for match in _INCLUDE.finditer(text):
        yield text.count('\n', 0, match.start()) + 1, match.group(1), match.group(2)


class Tree:
    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.files = sorted(self._find())
        self._texts = {}

    def _find(self):
        """The files that git tracks or would; without git, all but build folders and hidden ones."""
        if os.path.exists(os.path.join(self.root, '.git')):
            listing = subprocess.run(
                ['git', '-c', 'safe.directory=*', '-C', self.root, 'ls-files', '-z', '-co', '--exclude-standard'],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            if listing.returncode == 0:
                names = set(listing.stdout.decode().split('\0')) - {''}
                return [n for n in names if os.path.isfile(os.path.join(self.root, n))]
        found = []
        for folder, subfolders, names in os.walk(self.root):
            here = os.path.relpath(folder, self.root).replace(os.sep, '/')
            here = '' if here == '.' else here + '/'
            subfolders[:] = [s for s in subfolders if s not in ('.git', '__pycache__', '.cache') and
                             not os.path.exists(os.path.join(folder, s, 'meson-private'))]
            found += [here + n for n in names]
        return found

    def text(self, name):
        if name not in self._texts:
            with open(os.path.join(self.root, name), encoding='utf-8', errors='replace') as file:
                self._texts[name] = file.read()
        return self._texts[name]

    def code(self, *folders):
        """The C++ files below the folders, or all."""
        return [f for f in self.files if f.endswith(CODE) and
                (not folders or any(f.startswith(folder + '/') for folder in folders))]

    def coil_includes(self, name):
        """Yields (line, file) for each include of a file of coil, as a path from the root."""
        for line, _, target in includes(self.text(name)):
            if target.startswith('coil/'):
                yield line, target[len('coil/'):]

    def lists(self, build_file):
        """The lists of names that a build file sets, by their variable."""
        if build_file not in self.files:
            return {}
        text = re.sub(r'(^|\s)#[^\n]*', r'\1', self.text(build_file))
        return {m.group(1): _QUOTED.findall(m.group(2)) for m in _LIST.finditer(text)}

    def headers(self, kind='headers'):
        """The listed headers (or 'private_headers') of all parts, as paths from the root."""
        found = []
        for build_file in self.files:
            folder = posixpath.dirname(build_file)
            if posixpath.basename(build_file) == 'meson.build' and folder.split('/')[0] in PARTS:
                found += [f'{folder}/{name}' for name in self.lists(build_file).get(kind, [])]
        return found

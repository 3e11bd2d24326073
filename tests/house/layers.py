# SPDX-License-Identifier: BSL-1.0
"""Who may include whom: own layer and lower ones, never round in a circle, kernel headers where they belong."""

import re

from tree import PARTS, includes

_BELOW = {
    'base': (),
    'coro': ('base',),
    'ring': ('base', 'coro'),
    'sched': ('base', 'coro', 'ring'),
    'async': ('base', 'coro', 'ring', 'sched'),
    'io': ('base', 'coro', 'ring', 'sched', 'async'),
    'fiber': ('base', 'coro', 'ring', 'sched', 'async'),
    'sync': ('base', 'coro'),
    'debug': ('base', 'coro', 'ring', 'sched', 'async', 'io', 'fiber', 'sync'),
    'run': ('base', 'coro', 'ring', 'sched', 'async', 'io', 'fiber', 'sync', 'debug'),
    'process': ('base', 'coro', 'ring', 'sched', 'async', 'io', 'fiber', 'sync', 'debug', 'run'),
}

_KERNEL = re.compile(
    r'^(linux|asm|asm-generic)/|^liburing(\.h|/)'
    r'|^sys/(epoll|eventfd|fanotify|inotify|ioctl|mman|mount|pidfd|poll|prctl|ptrace|resource|select|sendfile|signalfd'
    r'|statfs|statvfs|syscall|sysinfo|timerfd|timex|uio|vfs|wait|xattr)\.h$'
    r'|^(poll|sched|syscall)\.h$')
# Structures of addresses and of file attributes: the layer that gives them a face needs them too.
_KERNEL_SHAPES = re.compile(r'^sys/(socket|stat|un)\.h$|^(arpa|net|netinet)/|^(netdb|fcntl)\.h$')
# Besides the ring: what puts a thread to sleep, what maps memory for frames, what asks the machine, what starts a child.
_KERNEL_HOME = re.compile(
    r'^runtime/ring/|^runtime/base/(futex|parker|pages)\b|^runtime/sched/machine\b|^process/(clone(_child|_stack)?|pidfd|child_ends|worker_link)\b')
_SHAPES_HOME = re.compile(r'^runtime/io/')


def layer(name):
    """The layer of a file of coil; None for the umbrellas and for what is no part of the library."""
    path = name.split('/')
    if path[0] == 'runtime':
        return path[1] if len(path) > 2 else None
    if path[0] in PARTS and name != f'{path[0]}/{path[0]}.hpp':
        return path[0]
    return None


def _is_umbrella(name):
    return name in ('coil.hpp', 'version.hpp') or name in [f'{p}.hpp' for p in PARTS] + [f'{p}/{p}.hpp' for p in PARTS]


def direction(tree):
    """Includes that point upward, aside, at nothing, or at everything."""
    for name in tree.code(*PARTS):
        if _is_umbrella(name):
            for line, target in tree.coil_includes(name):
                # version.hpp says which optional parts there are
                if target.split('/')[0] not in (name.split('/')[0], 'version.hpp'):
                    yield f'{name}:{line}: includes {target}, which is another part'
            continue
        own = layer(name)
        if own not in _BELOW:
            yield f'{name}:1: lies in no known layer'
            continue
        for line, bracket, spelled in includes(tree.text(name)):
            if bracket == '"':
                yield f'{name}:{line}: "{spelled}": includes are spelled <coil/...>'
        for line, target in tree.coil_includes(name):
            if target not in tree.files:
                if not _is_umbrella(target):
                    yield f'{name}:{line}: includes {target}, which does not exist'
                elif target != 'version.hpp':
                    yield f'{name}:{line}: includes the umbrella {target}'
            elif _is_umbrella(target):
                yield f'{name}:{line}: includes the umbrella {target}'
            elif layer(target) != own and layer(target) not in _BELOW[own]:
                yield f'{name}:{line}: {own} includes {target} of {layer(target)}, which is not below it'


def cycles(tree):
    """Files that include themselves by way of others."""
    done, path = set(), []

    def visit(name):
        if name in path:
            yield f'{name}:1: includes itself: ' + ' > '.join(path[path.index(name):] + [name])
            return
        if name in done:
            return
        path.append(name)
        for _, target in tree.coil_includes(name):
            if target in tree.files:
                yield from visit(target)
        path.pop()
        done.add(name)

    for name in tree.code(*PARTS):
        yield from visit(name)


def kernel_headers(tree):
    """Kernel headers outside the few files that face the kernel."""
    for name in tree.code(*PARTS):
        if _KERNEL_HOME.search(name):
            continue
        for line, _, target in includes(tree.text(name)):
            if _KERNEL.search(target) or (_KERNEL_SHAPES.search(target) and not _SHAPES_HOME.search(name)):
                yield f'{name}:{line}: <{target}> is a kernel header'


def examples(tree):
    """Examples show what a user may type: public headers, nothing of the kernel."""
    public = set(tree.headers()) | {'coil.hpp', 'version.hpp'} | {f'{part}.hpp' for part in PARTS}
    for name in tree.code('examples'):
        for line, _, target in includes(tree.text(name)):
            if target.startswith('coil/') and target[len('coil/'):] not in public:
                yield f'{name}:{line}: <{target}> is no public header'
            elif _KERNEL.search(target):
                yield f'{name}:{line}: <{target}> is a kernel header'

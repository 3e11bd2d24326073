# SPDX-License-Identifier: BSL-1.0
"""No system call on a descriptor and no clock outside `ring`: a scan of the tokens.

A scan is no compiler. It takes `x.read(`, `x->read(` and `file::read(` for coil's own names, and an unqualified `read(`
for coil's own where the file, or a header of its folder that it includes, declares that name; `::read(` never.
"""

import posixpath
import re

from tree import PARTS, tokens

_DESCRIPTOR = set('''
    accept accept4 bind close close_range closefrom connect copy_file_range creat dprintf dup dup2 dup3 epoll_create
    epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd_read eventfd_write faccessat fallocate
    fchdir fchmod fchmodat fchown fchownat fcntl fdatasync fdopen fdopendir flock fstat fstatat fstatfs fsync ftruncate
    futimens getdents getdents64 getpeername getsockname getsockopt inotify_add_watch inotify_init inotify_init1
    inotify_rm_watch ioctl isatty linkat listen lockf lseek memfd_create mkdirat open openat openat2 opendir pidfd_getfd
    pidfd_open pidfd_send_signal pipe pipe2 poll popen posix_fadvise posix_fallocate ppoll pread pread64 preadv preadv2
    pselect pwrite pwrite64 pwritev pwritev2 read readahead readdir readlinkat readv recv recvfrom recvmmsg recvmsg
    renameat renameat2 scandir select send sendfile sendmmsg sendmsg sendto setsockopt shutdown signalfd socket
    socketpair splice statx symlinkat sync_file_range syncfs tee timerfd_create timerfd_gettime timerfd_settime unlinkat
    utimensat vmsplice write writev
    fclose fdopen fopen fread freopen getline tmpfile mkstemp'''.split())
_STREAM_TYPES = {'ifstream', 'ofstream', 'fstream', 'filebuf', 'directory_iterator', 'recursive_directory_iterator'}
_CLOCK = set('''
    clock clock_getres clock_gettime clock_nanosleep ftime gettimeofday nanosleep sleep time timespec_get times usleep
    __rdtsc __rdtscp _rdtsc __builtin_ia32_rdtsc __builtin_ia32_rdtscp'''.split())
# Words that can stand before a call and are no type.
_NO_TYPE = set('''
    return co_return co_await co_yield throw else do case and or not xor goto if while switch new delete sizeof
    constexpr noexcept decltype'''.split())

_RING = re.compile(r'^runtime/ring/|^process/(clone(_child|_stack)?|pidfd|child_ends|worker_link)\b')
_RAW = re.compile(r'^runtime/ring/|^process/(clone(_child|_stack)?|pidfd|child_ends|worker_link)\b|^runtime/base/(futex|parker)\b|^runtime/sched/machine\b')
# The files of a cgroup are read once, as text.
_STREAMS = re.compile(r'^runtime/sched/machine\b')

_CLOCK_ALIAS = re.compile(r'\busing (\w+) = (?:\w+ :: )*\w*clock ;')

_WORD = re.compile(r'^[A-Za-z_]\w*$')


def _declares(stream, i):
    """Whether the name at i, with a bracket after it, is being declared or defined there."""
    before = stream[i - 1][1] if i else ''
    if before == '::':
        return i > 1 and (_WORD.match(stream[i - 2][1]) is not None or stream[i - 2][1] == '>') and \
            stream[i - 2][1] not in _NO_TYPE
    return (_WORD.match(before) is not None and before not in _NO_TYPE) or before in ('>', '*', '&', '~', ']')


def _declared(tree, name):
    """The names of the lists above that a file declares as its own, or takes from headers of its folder."""
    found = set()
    folder = posixpath.dirname(name)
    for source in [name] + [t for _, t in tree.coil_includes(name) if posixpath.dirname(t) == folder and t in tree.files]:
        stream = list(tokens(tree.text(source)))
        for i, (_, word) in enumerate(stream[:-1]):
            if word in _DESCRIPTOR | _CLOCK and stream[i + 1][1] == '(' and _declares(stream, i):
                found.add(word)
    return found


def _is_global(stream, i):
    """Whether the name at i is written with a leading :: and nothing before it."""
    if i == 0 or stream[i - 1][1] != '::':
        return False
    before = stream[i - 2][1] if i > 1 else ''
    return not (_WORD.match(before) or before == '>') or before in _NO_TYPE


def _calls(tree, name, words):
    stream = list(tokens(tree.text(name)))
    own = None
    for i, (line, word) in enumerate(stream):
        if word not in words:
            continue
        if _is_global(stream, i):
            yield line, '::' + word
        elif i + 1 < len(stream) and stream[i + 1][1] == '(':
            before = stream[i - 1][1] if i else ''
            if before == '::' and i > 1 and stream[i - 2][1] == 'std':
                yield line, 'std::' + word
            elif before not in ('.', '->', '::') and not _declares(stream, i):
                own = _declared(tree, name) if own is None else own
                if word not in own:
                    yield line, word


def descriptors(tree):
    """System calls on descriptors outside ring and process/clone."""
    for name in tree.code(*PARTS):
        if not _RING.search(name):
            for line, word in _calls(tree, name, _DESCRIPTOR):
                if not (_STREAMS.search(name) and word in ('fopen', 'std::fopen', 'fclose', 'std::fclose', 'getline', 'std::getline')):
                    yield f'{name}:{line}: {word}() is a system call on a descriptor'
        if not _RAW.search(name):
            stream = list(tokens(tree.text(name)))
            for (line, word), (_, after) in zip(stream, stream[1:]):
                if after == '(' and (word == 'syscall' or word.startswith('io_uring_')):
                    yield f'{name}:{line}: {word}() speaks to the kernel'
                if word in _STREAM_TYPES:
                    yield f'{name}:{line}: {word} makes system calls on a descriptor'


def clocks(tree):
    """Clocks that are read outside ring."""
    for name in tree.code(*PARTS):
        if _RING.search(name):
            continue
        for line, word in _calls(tree, name, _CLOCK):
            yield f'{name}:{line}: {word}() reads a clock'
        stream = list(tokens(tree.text(name)))
        aliases = set(_CLOCK_ALIAS.findall(' '.join(word for _, word in stream)))
        for i, (line, word) in enumerate(stream):
            qualifier = stream[i - 2][1] if i > 1 and stream[i - 1][1] == '::' else ''
            if word == 'now' and ('clock' in qualifier.lower() or qualifier in aliases):
                yield f'{name}:{line}: {qualifier}::now reads a clock'
            if word in ('sleep_for', 'sleep_until') and qualifier == 'this_thread':
                yield f'{name}:{line}: this_thread::{word} reads a clock'

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Feeds each check trees that it must refuse, and trees that it must let pass."""

import os
import tempfile
import unittest

import boundary
import layers
import shape
from check import CHECKS
from count import count
from tree import Tree, includes, tokens

LICENCE = '// SPDX-License-Identifier: BSL-1.0\n'
LISTS = "headers = [\n  {}\n]\nprivate_headers = [\n  {}\n]\nsources = [\n  {}\n]\n"


def names(*items):
    return '\n  '.join(f"'{item}'," for item in items)


class CheckCase(unittest.TestCase):
    def findings(self, check, files):
        """What the check finds in a tree of these files."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = os.path.join(root, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(text)
            return list(check(Tree(root)))

    def passes(self, check, files):
        self.assertEqual([], self.findings(check, files))

    def fails(self, check, files, *texts):
        """One finding for each text, in this order, with this text in it."""
        found = self.findings(check, files)
        self.assertEqual(len(texts), len(found), found)
        for text, finding in zip(texts, found):
            self.assertIn(text, finding)
            self.assertRegex(finding, r'^[\w./-]+:\d+: ')


class Reading(unittest.TestCase):
    def test_tokens_leave_out_comments_strings_and_includes(self):
        text = '#include <read>\nint a = 10\'000; // read(\n/* read(\n*/ auto s = "read(\\"";\nauto r = R"(read()" "x"; \'"\' b->c;'
        self.assertEqual('int a = 10\'000 ; auto s = ; auto r = ; b -> c ;'.split(), [t for _, t in tokens(text)])
        self.assertEqual(6, list(tokens(text + '\nx'))[-1][0])

    def test_includes_are_found_in_every_spelling(self):
        text = '#include <a>\n // #include <no>\n#  include "b/c.hpp"\n/*\n#include <no>\n*/ \n#if 0\n#include<d.h>\n#endif\nauto s = "\\n#include <no>";'
        self.assertEqual([(1, '<', 'a'), (3, '"', 'b/c.hpp'), (8, '<', 'd.h')], list(includes(text)))


class Direction(CheckCase):
    def test_own_layer_and_lower_ones(self):
        self.passes(layers.direction, {
            'runtime/base/a.hpp': '',
            'runtime/coro/b.hpp': '#include <coil/runtime/base/a.hpp>\n#include <coil/version.hpp>',
            'runtime/coro/c.cpp': '#include <coil/runtime/coro/b.hpp>\n#include <vector>',
            'sync/d.hpp': '#include <coil/runtime/coro/b.hpp>',
            'runtime/runtime.hpp': '#include <coil/runtime/coro/b.hpp>',
            'tests/coro/b_test.cpp': '#include <coil/sync/d.hpp>'})

    def test_upward(self):
        self.fails(layers.direction, {
            'runtime/base/a.hpp': '#include <memory>\n#include <coil/runtime/coro/b.hpp>',
            'runtime/coro/b.hpp': ''}, 'runtime/base/a.hpp:2: base includes runtime/coro/b.hpp of coro')

    def test_upward_under_a_condition(self):
        self.fails(layers.direction, {
            'runtime/sched/a.cpp': '#ifdef X\n#  include <coil/runtime/run/b.hpp>\n#endif',
            'runtime/run/b.hpp': ''}, 'sched includes')

    def test_aside(self):
        self.fails(layers.direction, {
            'runtime/io/a.hpp': '#include <coil/runtime/fiber/b.hpp>', 'runtime/fiber/b.hpp': ''}, 'io includes')

    def test_sync_knows_no_ring(self):
        self.fails(layers.direction, {
            'sync/a.cpp': '#include <coil/runtime/ring/b.hpp>', 'runtime/ring/b.hpp': ''}, 'sync includes')

    def test_nothing_below_debug_knows_sync(self):
        self.fails(layers.direction, {
            'runtime/async/a.hpp': '#include <coil/sync/b.hpp>', 'sync/b.hpp': ''}, 'async includes')

    def test_umbrella(self):
        for umbrella in 'coil.hpp', 'runtime.hpp', 'runtime/runtime.hpp':
            self.fails(layers.direction, {
                'runtime/run/a.cpp': f'#include <coil/{umbrella}>', 'runtime/runtime.hpp': ''}, 'umbrella')

    def test_missing_file(self):
        self.fails(layers.direction, {'runtime/run/a.cpp': '#include <coil/runtime/base/a.hpp>'}, 'does not exist')

    def test_quoted(self):
        self.fails(layers.direction, {'runtime/run/a.cpp': '#include "b.hpp"'}, 'are spelled')

    def test_unknown_layer(self):
        self.fails(layers.direction, {'runtime/new/a.cpp': '', 'runtime/loose.cpp': ''}, 'no known', 'no known')

    def test_umbrella_of_another_part(self):
        self.fails(layers.direction, {
            'runtime/runtime.hpp': '#include <coil/sync/a.hpp>', 'sync/a.hpp': ''}, 'another part')


class Cycles(CheckCase):
    def test_tree(self):
        self.passes(layers.cycles, {
            'runtime/base/a.hpp': '#include <coil/runtime/base/b.hpp>\n#include <coil/runtime/base/c.hpp>',
            'runtime/base/b.hpp': '#include <coil/runtime/base/c.hpp>', 'runtime/base/c.hpp': ''})

    def test_itself(self):
        self.fails(layers.cycles, {'runtime/base/a.hpp': '#include <coil/runtime/base/a.hpp>'}, 'a.hpp > ')

    def test_round_three(self):
        self.fails(layers.cycles, {
            'runtime/base/a.hpp': '#include <coil/runtime/base/b.hpp>',
            'runtime/base/b.hpp': '#include <coil/runtime/base/c.hpp>',
            'runtime/base/c.hpp': '#include <coil/runtime/base/a.hpp>'}, 'a.hpp > runtime/base/b.hpp > runtime/base/c.hpp')


class KernelHeaders(CheckCase):
    def test_where_they_belong(self):
        self.passes(layers.kernel_headers, {
            'runtime/ring/a.cpp': '#include <liburing.h>\n#include <linux/io_uring.h>',
            'runtime/base/parker.cpp': '#include <linux/futex.h>\n#include <sys/syscall.h>',
            'runtime/sched/machine.cpp': '#include <sched.h>',
            'process/clone.cpp': '#include <linux/sched.h>',
            'runtime/io/endpoint.cpp': '#include <netinet/in.h>\n#include <sys/socket.h>',
            'runtime/coro/a.hpp': '#include <vector>\n#include <sys/types.h>'})

    def test_elsewhere(self):
        for header in ('linux/futex.h', 'liburing.h', 'liburing/io_uring.h', 'sys/syscall.h', 'sys/epoll.h', 'sys/mman.h',
                       'sys/wait.h', 'poll.h', 'sched.h', 'asm/unistd.h', 'sys/socket.h', 'netdb.h', 'fcntl.h'):
            for place in 'runtime/base/parkers.cpp', 'runtime/sched/loop.cpp', 'runtime/coro/a.hpp', 'sync/mutex.cpp':
                self.fails(layers.kernel_headers, {place: f'\n#include <{header}>'}, f':2: <{header}> is a kernel header')
        self.fails(layers.kernel_headers, {'runtime/io/a.cpp': '#include <sys/epoll.h>'}, 'kernel header')


class Examples(CheckCase):
    def test_public_headers_only(self):
        files = {'runtime/base/meson.build': LISTS.format(names('a.hpp'), names('b.hpp'), ''),
                 'examples/x.cpp': '#include <coil/coil.hpp>\n#include <coil/runtime/base/a.hpp>\n#include <vector>'}
        self.passes(layers.examples, files)
        files['examples/x.cpp'] += '\n#include <coil/runtime/base/b.hpp>\n#include <liburing.h>'
        self.fails(layers.examples, files, 'x.cpp:4: <coil/runtime/base/b.hpp> is no public header', 'kernel header')


class Descriptors(CheckCase):
    def test_own_names(self):
        self.passes(boundary.descriptors, {
            'runtime/io/file.hpp':
                'class file {\n[[nodiscard]] task<std::size_t> read(std::span<std::byte> to);\nvoid close();\n'
                'auto* open(int); std::string& write(int);\n~file() { close(); }\n};',
            'runtime/io/file.cpp':
                '#include <coil/runtime/io/file.hpp>\n'
                'task<std::size_t> file::read(std::span<std::byte> to) { co_return co_await ring.read(to); }\n'
                'void file::close() { slot_->close(); }\n'
                '// ::read(1)\nauto s = "::read(";\nauto f(file& a) { close(); return coil::fs::open(a); }\n'
                'int poll; int x = poll + 1;',
            'runtime/ring/kernel.cpp': 'int n = ::read(fd, p, 1); ioctl(fd, 1); io_uring_submit(&r); syscall(1);',
            'runtime/base/parker.cpp': 'long n = syscall(SYS_futex, 1);',
            'runtime/sched/machine.cpp': 'std::FILE* f = std::fopen("cpu.max", "r");',
            'process/clone.cpp': '::close(fd);',
            'tests/io/file_test.cpp': '::read(0, p, 1);'})

    def test_calls(self):
        for call in ('::read(fd, p, 1)', 'return ::close(fd)', 'int n = read(fd, p, 1)', 'if (!close(fd)) return',
                     'std::unique_ptr<int, int (*)(int)> p{x, &::close}', 'f(ioctl(fd, 1))', 'accept4 (fd, 0, 0, 0)',
                     'return fcntl(fd, 1)', 'x ? write(1, p, 1) : 0', '{ epoll_wait(e, p, 1, 1); }', 'co_return open("x", 0)',
                     'a && close(fd)', '(void)::shutdown(fd, 1)', 'auto p = std::fopen("x", "r")', '(void)write(1, p, 1)'):
            for place in 'runtime/io/a.cpp', 'runtime/base/parker.cpp', 'sync/a.hpp', 'runtime/sched/machine.cpp':
                if not (place.endswith('machine.cpp') and 'fopen' in call):
                    self.fails(boundary.descriptors, {place: f'void f() {{\n{call}; }}'}, f'{place}:2: ')

    def test_other_ways_to_the_kernel(self):
        self.fails(boundary.descriptors, {'runtime/io/a.cpp': 'f(syscall(SYS_read));'}, 'syscall()')
        self.fails(boundary.descriptors, {'runtime/async/a.cpp': 'x = io_uring_get_sqe(&r);'}, 'io_uring_get_sqe()')
        self.fails(boundary.descriptors, {'runtime/sched/a.cpp': 'std::ifstream f("x");'}, 'ifstream')


class Clocks(CheckCase):
    def test_own_names(self):
        self.passes(boundary.clocks, {
            'runtime/sched/a.cpp': 'auto t = ring.now(); auto u = ring->clock(); using clock = std::chrono::steady_clock; clock::time_point x;',
            'runtime/sched/b.hpp': 'struct b { time_point clock() const; time_point t() { return clock(); } };',
            'runtime/async/c.cpp': 'co_await sleep_for(d); co_await coil::sleep_until(t); std::time_t time;',
            'runtime/sched/e.cpp': 'time_point pool::now() { return loop_.now(); }',
            'runtime/ring/d.cpp': 'std::chrono::steady_clock::now(); clock_gettime(1, &t);'})

    def test_reads(self):
        for call in ('std::chrono::steady_clock::now()', 'system_clock::now()', 'auto t = clock::now()', 'x = clock_gettime(1, &t)',
                     '::clock_gettime(1, &t)', 'std::this_thread::sleep_for(d)', 'return std::time(nullptr)', 'f(time(nullptr))',
                     'n = __rdtsc()', '{ usleep(1); }', 'f(&steady_clock::now)', 'return std::clock()'):
            for place in 'runtime/sched/a.cpp', 'runtime/base/parker.cpp', 'sync/a.hpp', 'runtime/sched/machine.cpp':
                self.fails(boundary.clocks, {place: f'void f() {{\n{call}; }}'}, f'{place}:2: ')

    def test_reads_under_another_name(self):
        self.fails(boundary.clocks, {'sync/a.cpp': 'using ticks = std::chrono::steady_clock;\nauto t = ticks::now();'}, 'a.cpp:2: ')


class Shape(CheckCase):
    def test_sizes(self):
        self.passes(shape.sizes, {'runtime/base/a.cpp': '\n' * 600, 'README.md': '\n' * 900})
        self.fails(shape.sizes, {'runtime/base/a.cpp': '\n' * 601, 'tests/run.sh': '\n' * 601}, '601 lines', '601 lines')

    def test_places(self):
        self.passes(shape.places, {'README.md': '', '.ci/run': '', 'tests/base/a_test.cpp': '', 'bench/x/y.cpp': ''})
        self.fails(shape.places, {'include/a.hpp': '', 'NOTES.md': ''}, 'NOTES.md:1: lies outside', 'include/a.hpp:1: lies outside')
        for drawer in 'detail', 'misc', 'utils', 'common':
            self.fails(shape.places, {f'runtime/{drawer}/a.txt': ''}, f'not {drawer}')
        self.fails(shape.places, {'runtime/base/OwnedFd.hpp': ''}, 'snake_case')

    def test_licences(self):
        self.passes(shape.licences, {'sync/a.cpp': LICENCE, 'tests/run.sh': '#!/bin/sh\n# SPDX-License-Identifier: BSL-1.0\n'})
        self.fails(shape.licences, {'sync/a.cpp': '\n\n' + LICENCE, 'sync/meson.build': ''}, 'a.cpp:1', 'meson.build:1')

    def test_listed(self):
        files = {
            'runtime/base/meson.build': LISTS.format(names('a.hpp'), names('b.hpp'), names('a.cpp')),
            'runtime/base/a.hpp': '', 'runtime/base/b.hpp': '', 'runtime/base/a.cpp': '#include <coil/runtime/base/b.hpp>',
            'runtime/runtime.hpp': '', 'sync/sync.hpp': '',
            'tests/meson.build': "x = executable('y', 'main.cpp') # 'z.cpp'", 'tests/main.cpp': '',
            'tests/base/meson.build': "unit_tests = [\n  'a',\n]\n", 'tests/base/a_test.cpp': ''}
        self.passes(shape.listed, files)
        echoes = {'bench/meson.build': "foreach name : ['raw', 'uv']\n  executable('echo_' + name, 'echo_' + name + '.cpp')\n",
                  'bench/echo_raw.cpp': '', 'bench/echo_uv.cpp': ''}
        self.passes(shape.listed, files | echoes)
        self.fails(shape.listed, files | echoes | {'bench/echo_asio.cpp': ''}, 'echo_asio.cpp:1: no meson.build')
        self.fails(shape.listed, files | {'runtime/base/c.cpp': ''}, 'c.cpp:1: no meson.build')
        self.fails(shape.listed, files | {'runtime/base/c.hpp': ''}, 'c.hpp:1: neither')
        self.fails(shape.listed, files | {'tests/base/z_test.cpp': ''}, 'z_test.cpp:1: no meson.build')
        self.fails(shape.listed, files | {'runtime/base/a.hpp': '#include <coil/runtime/base/b.hpp>'}, 'which is private')

    def test_mirrored(self):
        files = {
            'runtime/base/meson.build': LISTS.format(names('a.hpp'), names('b.hpp'), ''),
            'runtime/base/a.hpp': '', 'runtime/base/b.hpp': '',
            'sync/meson.build': LISTS.format(names('m.hpp'), '', ''), 'sync/m.hpp': '',
            'tests/base/meson.build': "unit_tests = [\n  'a',\n]\n", 'tests/base/a_test.cpp': '#include <coil/runtime/base/a.hpp>',
            'tests/sync/meson.build': "unit_tests = [\n  'm',\n]\n", 'tests/sync/m_test.cpp': '#include <coil/sync/m.hpp>'}
        self.passes(shape.mirrored, files)
        without = dict(files)
        del without['tests/sync/m_test.cpp']
        self.fails(shape.mirrored, without, 'has no test tests/sync/m_test.cpp')
        self.fails(shape.mirrored, files | {'tests/base/a_test.cpp': '//#include <coil/runtime/base/a.hpp>'}, 'does not include')
        self.fails(shape.mirrored, files | {'tests/base/meson.build': "unit_tests = [\n  # 'a',\n]\n"}, 'not among')
        without = dict(files)
        del without['runtime/base/a.hpp']
        self.fails(shape.mirrored, without, 'is listed and does not exist')

    def test_umbrellas(self):
        files = {
            'runtime/base/meson.build': LISTS.format(names('a.hpp', 'b.hpp'), names('c.hpp'), ''),
            'runtime/ring/meson.build': LISTS.format(names('d.hpp'), '', ''),
            'runtime/runtime.hpp': '#include <coil/runtime/base/a.hpp>\n',
            'runtime/base/a.hpp': '#include <coil/runtime/base/b.hpp>\n',
            'runtime/base/b.hpp': '', 'runtime/base/c.hpp': '', 'runtime/ring/d.hpp': '',
            'sync/sync.hpp': '', 'process/process.hpp': ''}
        self.passes(shape.umbrellas, files)
        self.fails(shape.umbrellas, files | {'runtime/base/a.hpp': ''}, 'does not bring <coil/runtime/base/b.hpp>')
        self.passes(shape.umbrellas, files | {'runtime/base/a.hpp': '', 'runtime/runtime.hpp': files['runtime/runtime.hpp'] +
                                              '// Not here: <coil/runtime/base/b.hpp>'})
        more = files['runtime/runtime.hpp'] + '#include <coil/runtime/base/c.hpp>'
        self.fails(shape.umbrellas, files | {'runtime/runtime.hpp': more}, 'runtime.hpp:2: includes')


class Counting(unittest.TestCase):
    def check(self, expected, *tests):
        self.assertEqual(expected, count({'result': r, 'stdout': s, 'name': 'x', 'suite': []} for r, s in tests))

    def doctest(self, passed, failed, skipped=0):
        return f'...\n[doctest] test cases: {passed + failed:>3} | {passed:>3} passed | {failed} failed | {skipped} skipped\n[doctest] assertions: 9 | 8 passed | 1 failed |\n'

    def test_nothing(self):
        self.check((0, 0, 0))

    def test_plain(self):
        self.check((2, 3, 1), ('OK', ''), ('FAIL', ''), ('EXPECTEDFAIL', ''), ('SKIP', ''), ('TIMEOUT', ''), ('ERROR', ''))

    def test_cases(self):
        self.check((12, 0, 0), ('OK', self.doctest(5, 0)), ('OK', self.doctest(7, 0)))
        self.check((4, 1, 2), ('FAIL', self.doctest(4, 1, 2)))

    def test_program_that_fails_although_its_cases_pass(self):
        self.check((5, 1, 0), ('FAIL', self.doctest(5, 0)))
        self.check((0, 1, 0), ('FAIL', 'Segmentation fault'))
        self.check((0, 1, 0), ('TIMEOUT', None))

    def test_last_line_counts(self):
        self.check((3, 0, 0), ('OK', self.doctest(1, 0) + self.doctest(3, 0)))


class Whole(unittest.TestCase):
    def test_every_check_has_its_bad_tree(self):
        with open(__file__, encoding='utf-8') as file:
            text = file.read()
        for name, check in CHECKS.items():
            self.assertIn(f'fails({check.__module__}.{name},', text)


if __name__ == '__main__':
    unittest.main()

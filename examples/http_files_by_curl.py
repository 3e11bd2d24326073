#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""http_files_by_curl.py PROGRAM: curl gets files from the server, and a download that has begun when the server is told
to stop comes whole. 0: all is well, 77: no curl here."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

LARGE = 64 << 20  # more than the sockets between hold, so that the server is in the middle of it


def curl(url, *options):
    """The body, and what curl says of the answer."""
    done = subprocess.run(['curl', '-s', '--max-time', '60', '-w', '\n%{http_code} %{num_connects}', *options, url],
                          capture_output=True, check=True)
    body, _, said = done.stdout.rpartition(b'\n')
    return body, said.decode()


def expect(is_, wanted, what):
    """Ends the test if they differ."""
    if is_ != wanted:
        sys.exit(f'{what}: {is_!r}, not {wanted!r}')


def main(program):
    if shutil.which('curl') is None:
        print('no curl here')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'a b.txt'), 'wb') as f:
            f.write(b'some text\n')
        os.mkdir(os.path.join(folder, 'sub'))
        with open(os.path.join(folder, 'sub', 'index.html'), 'wb') as f:
            f.write(b'<p>index</p>')
        with open(os.path.join(folder, 'large'), 'wb') as f:
            f.truncate(LARGE)
        server = subprocess.Popen([program, folder, '0', '2'], stdout=subprocess.PIPE, text=True)
        try:
            port = int(server.stdout.readline().rsplit(':', 1)[1])
            base = f'http://127.0.0.1:{port}'
            expect(curl(base + '/a%20b.txt'), (b'some text\n', '200 1'), 'a file')
            expect(curl(base + '/sub/'), (b'<p>index</p>', '200 1'), 'a folder')
            expect(curl(base + '/none'), (b'Not Found\n', '404 1'), 'no file')
            expect(curl(base + '/sub'), (b'Not Found\n', '404 1'), 'a folder without its slash')
            expect(curl(base + '/../../etc/passwd', '--path-as-is')[1], '404 1', 'a way out')
            expect(curl(base + '/a%20b.txt', '-X', 'DELETE')[1], '405 1', 'another method')
            expect(len(curl(base + '/large')[0]), LARGE, 'bytes of the large file')
            twice = subprocess.run(['curl', '-s', '-w', '%{num_connects}', base + '/a%20b.txt', base + '/a%20b.txt'],
                                   capture_output=True, check=True)
            expect(twice.stdout, b'some text\n1some text\n0', 'two requests on one connection')

            idle = socket.create_connection(('127.0.0.1', port))
            busy = socket.create_connection(('127.0.0.1', port))
            busy.sendall(b'GET /large HTTP/1.1\r\nHost: me\r\n\r\n')
            got = busy.recv(1)
            server.send_signal(signal.SIGTERM)
            expect(idle.recv(1), b'', 'an idle connection')
            while part := busy.recv(1 << 20):
                got += part
            expect(len(got.partition(b'\r\n\r\n')[2]), LARGE, 'bytes of the download that had begun')
            expect(server.wait(60), 0, 'exit status')
            expect(server.stdout.read(), 'stopped\n', 'last words')
        finally:
            server.kill()
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))

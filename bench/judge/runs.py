# SPDX-License-Identifier: BSL-1.0
"""How one sample of one side is taken: each in a process of its own, so that sides can be interleaved."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

MIN_TIME = 0.1  # seconds that Google Benchmark measures a sample
TIMEOUT = 60
PYTHON_ROWS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "process", "rows_python.py")


class Missing(Exception):
    """A side that this build does not hold."""


class Runner:
    def __init__(self, build, seconds):
        self.bench = os.path.join(build, "bench")
        self.seconds = seconds
        self.lists = {}
        self.allocs = {}
        self.servers = Servers(self.bench, seconds)

    def sample(self, side, core):
        how = side["how"]
        if how in ("echo", "calls", "memory", "loops"):
            return getattr(self.servers, how)(side["server"], dict(side["load"]))
        pinned = [] if core is None else ["--core", str(core)]
        if how == "python":
            return self.once([sys.executable, "-B", PYTHON_ROWS, "--once", side["row"], *pinned])
        exe, row = os.path.join(self.bench, side["exe"]), side["row"]
        if row not in self.rows_in(exe):
            raise Missing(row)
        if how == "once":
            return self.once([exe, "--once", row, *pinned])
        out = run([exe, f"--benchmark_filter=^{row}/", f"--benchmark_min_time={MIN_TIME}", "--benchmark_format=json", *pinned])
        got = json.loads(out)["benchmarks"][0]
        if row not in self.allocs:  # counted once, in a pass of its own
            self.allocs[row] = self.once([exe, "--once", row, "--allocations"])["allocs"]
        return {"wall": got["real_time"], "cpu": got["cpu_ns"], "allocs": self.allocs[row]}

    @staticmethod
    def once(command):
        got = json.loads(run(command))
        return {"wall": got["ns"], "cpu": got["cpu_ns"], "bytes": got["bytes"], "allocs": got["allocs"], "extra": got["extra"]}

    def rows_in(self, exe):
        if exe not in self.lists:
            self.lists[exe] = set(run([exe, "--list"]).split()) if os.path.exists(exe) else set()
        return self.lists[exe]


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


class Servers:
    """The echo servers. They stay up between samples: a sleeping server costs the others nothing."""

    ARGUMENTS = {
        "raw": ["echo_raw"], "raw poll": ["echo_raw", "--mode", "poll"], "raw provided": ["echo_raw", "--mode", "provided"],
        "epoll": ["echo_epoll"], "uv": ["echo_uv"], "asio": ["echo_asio"], "asio threads": ["echo_asio", "--threads", "2"],
        "coil": ["echo_coil"], "coil timeout": ["echo_coil", "--mode", "timeout"], "coil receive": ["echo_coil", "--mode", "receive"],
        "coil loops": ["echo_coil"], "coil pool": ["echo_coil", "--mode", "pool", "--threads", "2"],
    }
    THREADED = ("asio threads", "coil pool")  # may use both cores; the others stay on core 0

    def __init__(self, bench, seconds):
        self.io = os.path.join(bench, "io")
        self.seconds = seconds
        self.up = {}
        self.folder = tempfile.TemporaryDirectory(prefix="echo-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)

    def start(self, name, cores=None, more=()):
        exe, *arguments = self.ARGUMENTS[name]
        path = os.path.join(self.io, exe)
        if not os.path.exists(path):
            raise Missing(name)
        page = os.path.join(self.folder.name, name.replace(" ", "_"))
        cores = cores or ("0-1" if name in self.THREADED else "0")
        server = subprocess.Popen(["taskset", "-c", cores, path, *arguments, *more, "--page", page], stdout=subprocess.PIPE, text=True)
        port = server.stdout.readline().strip()
        if not port:
            raise RuntimeError(f"{name} did not start")
        return server, port, page

    def get(self, name):
        if name not in self.up or self.up[name][0].poll() is not None:
            self.up[name] = self.start(name)
        return self.up[name]

    def command(self, server, options):
        process, port, page = server
        core = options.pop("core", 1)
        arguments = [x for k, v in options.items() for x in ("--" + k.replace("_", "-"), str(v))]
        return ["taskset", "-c", str(core), os.path.join(self.io, "echo_load"), "--port", port,
                "--pid", str(process.pid), "--page", page, *arguments]

    def load(self, server, options):
        return json.loads(run(self.command(server, options)))

    def echo(self, name, options):
        got = self.load(self.get(name), {"seconds": self.seconds} | options)
        return {"cpu": got["cpu_ns"], "both": got["cpu_ns"] + got["load_cpu_ns"], "wall": got["wall_ns"], "p50": got["p50_ns"], "p99": got["p99_ns"],
                "enters": got["enters"], "allocs": got["allocs"], "rate": got["rate"]}

    def calls(self, name, options):
        """System calls a request, by strace; and the server's own count without it, where it keeps one."""
        own = self.load(self.get(name), {"seconds": self.seconds} | options)["enters"]
        server = self.get(name)
        out = os.path.join(self.folder.name, "strace")
        tracer = subprocess.Popen(["strace", "-c", "-f", "-q", "-o", out, "-p", str(server[0].pid)], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        got = self.load(server, {"seconds": self.seconds, "warm_up": 0} | options)
        tracer.send_signal(signal.SIGINT)
        tracer.wait(TIMEOUT)
        with open(out, encoding="utf-8") as f:
            total = next(line.split() for line in f if line.strip().endswith("total"))
        traced = int(total[2 if len(total) < 5 else 3]) / got["requests"]
        return {"calls": own if own > 0 else traced, "traced": traced, "enters": own}

    def memory(self, name, options):
        server = self.start(name)  # a fresh one: memory once touched would not show again
        try:
            return {"bytes": self.load(server, {"idle": 1} | options)["bytes"]}
        finally:
            server[0].kill()
            server[0].wait()

    def loops(self, name, options):
        """Requests a second on n loops, each core with as much load from a core of its own."""
        n = options.pop("loops")
        server = self.start(name, cores=f"0-{n - 1}", more=["--threads", str(n)])
        try:
            loads = [subprocess.Popen(self.command(server, {"core": n + i, "seconds": self.seconds} | options),
                                      stdout=subprocess.PIPE, text=True) for i in range(n)]
            return {"rate": sum(json.loads(p.communicate(timeout=TIMEOUT)[0])["rate"] for p in loads)}
        finally:
            server[0].kill()
            server[0].wait()

    def stop(self):
        for server, _, _ in self.up.values():
            server.kill()
            server.wait()
        self.folder.cleanup()

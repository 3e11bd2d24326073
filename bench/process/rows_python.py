# SPDX-License-Identifier: BSL-1.0
"""What Python's own modules do in the rows of processes: subprocess and multiprocessing, as their documentation uses them.

    rows_python.py --list | --once ROW [--core N]

It speaks as the executables of rows do; a row may do fewer operations than theirs, since it takes longer."""

import argparse
import json
import mmap
import multiprocessing
import os
import subprocess
import time

TRUE = "/bin/true"


class Window:
    def __init__(self):
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def stop(self, operations):
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        return {"ns": wall * 1e9 / operations, "cpu_ns": cpu * 1e9 / operations, "bytes": 0, "allocs": 0, "extra": 0}


def spawn1(n):
    w = Window()
    for _ in range(n):
        subprocess.run([TRUE], check=True)
    return w.stop(n)


def spawn64(n):
    at_once = 64
    alive = []
    w = Window()
    for i in range(n + at_once):
        if i >= at_once:
            alive[i % at_once].wait()
        if i < n:
            child = subprocess.Popen([TRUE])
            if i < at_once:
                alive.append(child)
            else:
                alive[i % at_once] = child
    return w.stop(n)


def memory_to_spare():
    """As much as `ballast` of children_work.hpp has, and in small pages as there."""
    with open("/proc/meminfo", encoding="ascii") as f:
        available = next(int(line.split()[1]) for line in f if line.startswith("MemAvailable:"))
    return min(4 << 30, available * 1024 // 2)


def spawn_resident(n):
    size = memory_to_spare()
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as heavy:
        heavy.madvise(mmap.MADV_NOHUGEPAGE)
        for at in range(0, size, mmap.PAGESIZE):
            heavy[at] = 1
        return spawn1(n) | {"extra": size / (1 << 30)}


def cat(n):
    text = bytes(1 << 20) * n
    child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    w = Window()
    out, _ = child.communicate(text)
    result = w.stop(n)
    assert len(out) == len(text)
    return result


def capture(n):
    w = Window()
    for _ in range(n):
        done = subprocess.run(["/bin/sh", "-c", "head -c 65536 /dev/zero"], stdout=subprocess.PIPE, check=True)
        assert len(done.stdout) == 65536
    return w.stop(n)


def twice(x):
    return 2 * x


def pool_start(n):
    total = 0.0
    for _ in range(n):
        begin = time.perf_counter()
        with multiprocessing.Pool(2) as pool:
            pool.map(twice, [1, 2], chunksize=1)
            total += time.perf_counter() - begin
    return {"ns": total * 1e9 / n, "cpu_ns": 0, "bytes": 0, "allocs": 0, "extra": 0}


def pool_map(n, chunk):
    with multiprocessing.Pool(2) as pool:
        items = list(range(n))
        pool.map(twice, items[:1000], chunksize=chunk)
        w = Window()
        pool.map(twice, items, chunksize=chunk)
        return w.stop(n)


def pool_call(n):
    with multiprocessing.Pool(1) as pool:
        pool.apply(twice, (1,))
        w = Window()
        for i in range(n):
            pool.apply(twice, (i,))
        return w.stop(n)


def puts(queue, n, size):
    parcel = bytes(size)
    for _ in range(n):
        queue.put(parcel)


def queue(n, size, room):
    q = multiprocessing.Queue(room)
    other = multiprocessing.Process(target=puts, args=(q, n + 1, size))
    other.start()
    q.get()
    w = Window()
    for _ in range(n):
        q.get()
    result = w.stop(n)
    other.join()
    return result


def answers(asked, answered, n):
    for _ in range(n):
        answered.put(asked.get())


def trips(n):
    asked, answered = multiprocessing.Queue(16), multiprocessing.Queue(16)
    other = multiprocessing.Process(target=answers, args=(asked, answered, n + 1))
    other.start()
    asked.put(0)
    answered.get()
    w = Window()
    for i in range(n):
        asked.put(i)
        answered.get()
    result = w.stop(n)
    other.join()
    return result


def manager_list(n):
    with multiprocessing.Manager() as manager:
        xs = manager.list()
        xs.append(0)
        w = Window()
        for i in range(n):
            xs[0] = i
        return w.stop(n)


ROWS = {
    "spawn1": lambda: spawn1(100),
    "spawn64": lambda: spawn64(400),
    "spawn_resident": lambda: spawn_resident(100),
    "cat": lambda: cat(64),
    "capture": lambda: capture(100),
    "pool_start": lambda: pool_start(20),
    "pool_map1": lambda: pool_map(1 << 14, 1),
    "pool_map100": lambda: pool_map(1 << 17, 100),
    "pool_call_awake": lambda: pool_call(1 << 12),
    "shared_queue_64": lambda: queue(20_000, 64, 1024),
    "shared_queue_64k": lambda: queue(4_000, 65536, 8),
    "shared_trip": lambda: trips(4_000),
    "manager_list": lambda: manager_list(1 << 12),
}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--list", action="store_true")
    p.add_argument("--once", metavar="ROW")
    p.add_argument("--core", type=int)
    o = p.parse_args()
    if o.list:
        print("\n".join(f"{name}/python" for name in ROWS))
        return
    if o.core is not None:
        os.sched_setaffinity(0, {o.core})
    print(json.dumps(ROWS[o.once.removesuffix("/python")]()))


if __name__ == "__main__":
    main()

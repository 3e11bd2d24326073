# SPDX-License-Identifier: BSL-1.0
"""The rows: which sides run, and what each target says of their figures."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """One target. `value` maps the sides' figures of one round to a number; it shall be at most (or at least) `limit`."""

    text: str
    value: object
    limit: float
    at_least: bool = False
    unit: str = "x"


@dataclass(frozen=True)
class Row:
    key: str
    title: str
    sides: dict  # name of a side -> how to run it, see runs.py
    checks: list
    near: bool = False  # the target lies within 10 % of its floor: judged from many pairs
    show: str = "cpu"  # the figure that the table shows of every side
    core: int | None = None  # every side's process stays on this core
    notes: str = ""
    once: bool = False  # one round is enough: memory does not drift
    cores: int = 1  # with fewer the row says nothing and is left out


def ratio(a, b, figure="cpu"):
    return lambda s: s[a][figure] / s[b][figure]


def to_best(a, others, figure="cpu"):
    """a's figure over the best of the others that were measured."""
    return lambda s: s[a][figure] / min(s[o][figure] for o in others if o in s)


def best_to(others, b, figure="cpu"):
    return lambda s: min(s[o][figure] for o in others if o in s) / s[b][figure]


def own(a, figure):
    return lambda s: s[a][figure]


def rows_of(executable, row, *sides, once=False):
    """Sides that one executable of rows holds; 'name=other/row' takes another row of the same executable."""
    return {s: {"how": "once" if once else "batch", "exe": executable, "row": f"{row}/{s}"} for s in sides}


def python(row):
    """What Python's own modules do there: bench/process/rows_python.py, run by the Python that runs this."""
    return {"python": {"how": "python", "row": row}}


def faster_than_python(limit=1.0):
    return Check("coil / Python", ratio("coil", "python", "wall"), limit)


def allocations(side="coil"):
    return Check("no allocation per operation", own(side, "allocs"), 0.001, unit="allocs")


CORO, SCHED, ASYNC, RING = "coro/coro_rows", "sched/sched_rows", "async/async_rows", "ring/ring_rows"
FILES = "io/file_rows"
FIBER = "fiber/fiber_rows"
SHARED = "process/shared_rows"
PROCESS = "process/process_rows"
WORKERS = "process/pool_rows"
SYNC = "sync/sync_rows"
QUEUE = "sync/queue_rows"


def await_row(key, title):
    return Row(key, title, rows_of(CORO, key, "bare", "duties", "asio", "coil"), near=True, checks=[
        Check("coil / hand-written with the same duties", ratio("coil", "duties"), 1.1),
        Check("coil / bare hand-written", ratio("coil", "bare"), 1.7),
        Check("Asio / coil", ratio("asio", "coil"), 2.0, at_least=True),
        allocations()])


def two_workers(key, title, *more):
    return Row(key, title, rows_of(ASYNC, f"{key}2", "tbb", "coil") | {
        side: {"how": "batch", "exe": ASYNC, "row": row} for side, row in more}, show="wall",
        checks=[Check("coil / TBB", ratio("coil", "tbb", "wall"), 1.0)])


def fib_sides():
    return {"two awaits": {"how": "batch", "exe": CORO, "row": "two/bare"},
            "coil awaits": {"how": "batch", "exe": CORO, "row": "two/coil"},
            **rows_of(SCHED, "fib1", "floor", "tbb", "tbb_invoke", "coil")}


def spine():
    uneven = two_workers("uneven", "65,536 uneven items, parallel_for, 2 workers", ("coil 1 worker", "uneven1/coil"))
    uneven.checks.append(Check("2 workers / 1 worker", ratio("coil 1 worker", "coil", "wall"), 1.9, at_least=True))
    return [
        await_row("await", "await of a child that completes at once"),
        await_row("deep", "the same ten levels deep, per level"),
        Row("yield", "switch between two ready tasks", rows_of(ASYNC, "yield", "floor", "fiber", "asio", "coil"),
            [Check("coil / floor", ratio("coil", "floor"), 1.5), allocations()]),
        Row("spawn", "spawn and join one task", rows_of(ASYNC, "spawn", "floor", "fiber", "asio", "coil"),
            [Check("ns", own("coil", "cpu"), 60, unit="ns"),
             Check("coil / best peer", to_best("coil", ["asio", "fiber"]), 1.0), allocations()]),
        Row("million", "spawn a million, join all, per task",
            rows_of(ASYNC, "million", "floor", "asio", "coil", once=True),
            [Check("ns", own("coil", "cpu"), 150, unit="ns"), Check("bytes", own("coil", "bytes"), 200, unit="bytes"),
             Check("coil / Asio", ratio("coil", "asio"), 1.0)]),
        Row("fib1", "fork-join, fib, per inner node, 1 worker", fib_sides(),
            [Check("coil / two plain awaits", ratio("coil", "two awaits"), 1.4),
             Check("TBB / coil", best_to(["tbb", "tbb_invoke"], "coil"), 7.0, at_least=True), allocations()]),
        Row("fib2", "the same, 2 workers (wall)",
            rows_of(SCHED, "fib2", "floor", "tbb", "coil") | {
                "coil 1 worker": {"how": "batch", "exe": SCHED, "row": "fib1/coil"}}, show="wall",
            checks=[Check("2 workers / 1 worker", ratio("coil 1 worker", "coil", "wall"), 1.85, at_least=True)]),
        Row("skynet", "skynet, 1,111,111 tasks, per task, 1 worker", rows_of(SCHED, "skynet1", "floor", "tbb", "coil"),
            [Check("TBB / coil", ratio("tbb", "coil"), 4.0, at_least=True), allocations()]),
        two_workers("queens", "n-queens(12), 2 workers"),
        two_workers("matmul", "matmul(1024), 2 workers"),
        uneven,
        two_workers("uneven_tasks", "65,536 uneven tasks, 2 workers"),
        two_workers("sum", "sum of 32M, 2 workers"),
        Row("hop_awake", "hop to the pool and back, both awake",
            rows_of(SCHED, "hop_awake", "spin", "asio", "coil", once=True), show="wall",
            checks=[Check("ns", own("coil", "wall"), 1000, unit="ns")]),
        Row("hop_asleep", "hop to the pool and back, both asleep (one core)", core=0, show="wall",
            sides=rows_of(SCHED, "hop_asleep", "futex", "std", "asio", "coil", once=True),
            checks=[Check("coil / a futex wake each way", ratio("coil", "futex", "wall"), 1.3)]),
        Row("post_asleep", "post to a sleeping loop and back, p50 (one core)", core=0, show="wall", near=True,
            sides=rows_of(SCHED, "post_asleep", "futex", "std", "asio", "coil", once=True),
            checks=[Check("coil / best of Asio and std", to_best("coil", ["asio", "std"], "wall"), 1.0)]),
        Row("post_awake", "post to a loop that is awake",
            rows_of(SCHED, "post_awake", "exchange", "std", "asio", "coil", once=True), show="wall",
            checks=[Check("ns", own("coil", "wall"), 30, unit="ns")]),
        Row("timeout", "timeout around what is ready: more than without", rows_of(ASYNC, "timeout", "without", "coil"),
            [Check("ns more", lambda s: s["coil"]["cpu"] - s["without"]["cpu"], 30, unit="ns"), allocations()]),
        Row("stopped", "100,000 sleepers stopped and joined, each", rows_of(ASYNC, "stopped", "asio", "coil", once=True),
            [Check("ns", own("coil", "cpu"), 1500, unit="ns")]),
        Row("idle", "idle with 1,000 sleeping tasks", rows_of(ASYNC, "idle", "asio", "coil", once=True), once=True,
            checks=[Check("wake-ups a second", own("coil", "extra"), 0.999, unit="/s"),
                    Check("share of a core", lambda s: s["coil"]["cpu"] / s["coil"]["wall"], 0.001, unit="of a core")]),
    ]


def echo_sides(*names, **load):
    return {n: {"how": "echo", "server": n, "load": load} for n in names}


ALL_SERVERS = ("raw", "raw poll", "epoll", "uv", "asio", "coil")


def echo_row(key, title, connections, size, *more):
    return Row(key, title, echo_sides(*ALL_SERVERS, connections=connections, bytes=size), near=True,
               checks=[Check("server CPU, coil / raw", ratio("coil", "raw"), 1.03), *more])


def files():
    """At least 0.95 (direct: 0.97) of the rate is at most 1 / 0.95 of the time."""
    slower, direct = 1 / 0.95, 1 / 0.97
    past_the_cache = "left out where the temporary folder's file system has no direct I/O"
    return [
        Row("read1", "4 KiB random reads, cached, one after another", rows_of(FILES, "read1", "pread", "raw", "coil"),
            near=True, show="wall", core=0,
            checks=[Check("coil / best of pread and raw", to_best("coil", ["pread", "raw"], "wall"), slower), allocations()]),
        Row("read32", "the same, 32 at once", rows_of(FILES, "read32", "pread", "raw", "threads", "coil"),
            near=True, show="wall", core=0,
            checks=[Check("coil / best of pread and raw", to_best("coil", ["pread", "raw"], "wall"), slower), allocations()]),
        *[Row(f"direct{n}", f"4 KiB random reads, O_DIRECT, {n} at once", near=True, show="wall", notes=past_the_cache,
              sides=rows_of(FILES, f"direct{n}", "raw", "threads", "coil", once=True),
              checks=[Check("coil / raw", ratio("coil", "raw", "wall"), direct)]) for n in (32, 128)],
        Row("small", "create, write 4 KiB, fdatasync, close", near=True, show="wall",
            sides=rows_of(FILES, "small", "plain", "threads", "raw", "coil", once=True),
            checks=[Check("coil / best of threads and raw", to_best("coil", ["threads", "raw"], "wall"), 1.0)]),
        Row("copy", "copy a file of 256 MiB, per MiB", near=True, show="wall",
            sides=rows_of(FILES, "copy", "range", "plain", "raw", "coil", once=True),
            checks=[Check("coil / best", to_best("coil", ["range", "plain", "raw"], "wall"), slower)],
            notes="COIL_BENCH_COPY_MIB copies more"),
    ]


def io():
    p99 = Check("p99, coil / raw", ratio("coil", "raw", "p99"), 1.0)
    sixty_four = {"connections": 64, "bytes": 64}
    return [
        echo_row("echo_64", "echo, 64 connections, 64 B: server CPU a request", 64, 64,
                 Check("allocations a request", own("coil", "allocs"), 0.001, unit="allocs")),
        echo_row("echo_1000", "echo, 1,000 connections, 64 B", 1000, 64, p99),
        echo_row("echo_64_16k", "echo, 64 connections, 16 KiB", 64, 16384),
        echo_row("echo_1000_16k", "echo, 1,000 connections, 16 KiB", 1000, 16384),
        Row("echo_one", "echo, one connection, both on one core: CPU of both", near=True, show="both",
            sides=echo_sides("raw", "epoll", "uv", "asio", "coil", connections=1, bytes=64, core=0),
            checks=[Check("coil / raw", ratio("coil", "raw", "both"), 1.05)]),
        Row("echo_calls", "echo, 64 connections: system calls a request", show="calls", once=True,
            sides={n: {"how": "calls", "server": n, "load": sixty_four} for n in ALL_SERVERS},
            checks=[Check("calls a request", own("coil", "calls"), 0.1, unit="calls")],
            notes="counted by strace, which slows the server; `enters` are the raw server's own count"),
        Row("echo_memory", "memory of an idle connection (9,900)", show="bytes", once=True,
            sides={n: {"how": "memory", "server": n, "load": {"connections": 9900, "bytes": 64}}
                   for n in ("raw", "raw provided", "epoll", "uv", "asio", "coil", "coil receive")},
            checks=[Check("bytes, coil while only receive() waits", own("coil receive", "bytes"), 600, unit="bytes")],
            notes="of a private buffer only the page that the one message touched is resident: 4,096 bytes"),
        Row("echo_receive", "echo into buffers that the loop lends, 64 connections, 64 B", near=True,
            sides=echo_sides("raw provided", "raw", "coil receive", **sixty_four),
            checks=[Check("CPU, coil receive() / raw with provided buffers", ratio("coil receive", "raw provided"), 1.03)]),
        Row("echo_timeout", "echo with a timeout around every read", near=True,
            sides=echo_sides("coil", "coil timeout", **sixty_four),
            checks=[Check("with / without", ratio("coil timeout", "coil"), 1.03)]),
        Row("echo_pool", "echo whose handler has the pool for its home", near=True,
            sides=echo_sides("asio threads", "coil", "coil pool", **sixty_four),
            checks=[Check("CPU, coil on pool / Asio on 2 threads", ratio("coil pool", "asio threads"), 1.0)]),
        Row("echo_loops", "echo on 2 loops: requests a second", show="rate", cores=4,
            sides={f"{n} loop" + "s" * (n > 1): {"how": "loops", "server": "coil loops", "load": {"loops": n} | sixty_four}
                   for n in (1, 2)},
            checks=[Check("2 loops / 1 loop", ratio("2 loops", "1 loop", "rate"), 1.7, at_least=True)]),
        Row("sleepers", "a million sleepers of 1 to 1,000 ms: CPU each",
            rows_of(ASYNC, "sleepers", "heap", "uv", "asio", "coil", once=True),
            [Check("coil / heap", ratio("coil", "heap"), 1.3), Check("bytes", own("coil", "bytes"), 300, unit="bytes")]),
        Row("nop1", "no-op through the ring, one at a time", rows_of(RING, "nop1", "raw", "raw_plain", "syscall", "coil"),
            [Check("coil / raw", ratio("coil", "raw"), 1.3), allocations()]),
        Row("nop32", "no-op through the ring, 32 at once", rows_of(RING, "nop32", "raw", "raw_plain", "coil"),
            [Check("coil / raw", ratio("coil", "raw"), 1.3), allocations()]),
        Row("wake", "wake of a sleeping loop (one core), half a round trip", core=0, near=True,
            sides=rows_of(RING, "wake", "msg_ring", "msg_register", "eventfd", "futex", "asio", "coil"),
            checks=[Check("coil / MSG_RING", ratio("coil", "msg_ring"), 1.1)]),
    ]


def sync():
    return [
        Row("lock", "mutex, uncontended lock and unlock",
            rows_of(SYNC, "lock", "floor", "std_one_thread", "std", "fiber", "asio", "coil", "coil_recursive"),
            [Check("coil / std::mutex in a process of one thread", ratio("coil", "std_one_thread"), 1.0), allocations()],
            notes="a process with threads pays the locked instruction, on both sides: `std`"),
        Row("contend100", "100 tasks want one mutex, one loop, a yield inside",
            rows_of(SYNC, "contend100", "floor", "fiber", "asio", "coil"),
            [Check("coil / floor", ratio("coil", "floor"), 2.0)]),
        Row("contend10k", "10,000 tasks want one mutex", rows_of(SYNC, "contend10k", "floor", "fiber", "coil"),
            [Check("coil / floor", ratio("coil", "floor"), 2.0)]),
        Row("workers2", "100 tasks on two workers want one mutex", rows_of(SYNC, "workers2", "std", "coil"),
            show="wall", checks=[Check("coil / std::mutex", ratio("coil", "std", "wall"), 1.0)]),
        Row("two_loops", "one mutex between two loops, a hand-over", show="wall",
            sides=rows_of(SYNC, "two_loops", "std", "coil") | {
                "post": {"how": "once", "exe": SCHED, "row": "post_asleep/coil"}},
            checks=[Check("coil / half a round trip of posts, twice", ratio("coil", "post", "wall"), 1.2)]),
        Row("semaphore", "semaphore(3), 10,000 tasks", rows_of(SYNC, "semaphore", "floor", "coil"),
            [Check("coil / floor", ratio("coil", "floor"), 2.5)]),
        Row("condition_ping", "two tasks take turns by a condition", rows_of(SYNC, "condition_ping", "fiber", "coil"),
            [Check("ns", own("coil", "cpu"), 60, unit="ns")]),
        Row("notify_all", "notify_all of 1,000, each", rows_of(SYNC, "notify_all", "coil"),
            [Check("ns", own("coil", "cpu"), 25, unit="ns")]),
        Row("event_ping", "two tasks take turns by events, one loop",
            rows_of(SYNC, "event_ping", "floor", "asio", "coil"),
            [Check("ns", own("coil", "cpu"), 25, unit="ns"), allocations()]),
        Row("event_threads", "the same, two threads", rows_of(SYNC, "event_threads", "std", "coil"), show="wall",
            checks=[Check("coil / std", ratio("coil", "std", "wall"), 1.0)]),
    ]


def fiber():
    return [
        Row("fiber_ready", "await inside a fiber of what is ready", rows_of(FIBER, "fiber_ready", "call", "coil"),
            [Check("ns", own("coil", "cpu"), 15, unit="ns"), allocations()]),
        Row("fiber_yield", "switch between two fibers (yield)",
            rows_of(FIBER, "fiber_yield", "floor", "context", "fiber", "coil"),
            [Check("ns", own("coil", "cpu"), 30, unit="ns"), allocations()]),
        Row("fiber_run", "create, run and end a fiber, pooled stack",
            rows_of(FIBER, "fiber_run", "floor", "context", "fiber", "coil"),
            [Check("ns", own("coil", "cpu"), 80, unit="ns"), allocations()]),
    ]


def shared():
    """What processes share."""
    raw = "raw: two positions and an array, one that writes and one that reads; no death, no stop"
    return [
        Row("shared_queue_64", "queue between two processes, 64 bytes", rows_of(SHARED, "shared_queue_64", "raw", "coil", once=True) | python("shared_queue_64"),
            [Check("ns a message", own("coil", "wall"), 333, unit="ns"), faster_than_python()], show="wall", cores=2, notes=raw),
        Row("shared_queue_64k", "queue between two processes, 64 KiB", rows_of(SHARED, "shared_queue_64k", "raw", "coil", once=True) | python("shared_queue_64k"),
            [Check("ns a message", own("coil", "wall"), 3333, unit="ns"), faster_than_python()], show="wall", cores=2, notes=raw),
        Row("shared_trip", "a number there by one queue and back by another, both processes awake",
            rows_of(SHARED, "shared_trip", "raw", "coil", once=True) | python("shared_trip"),
            [Check("us", lambda s: s["coil"]["wall"] / 1e3, 2, unit="us"), faster_than_python()], show="wall", cores=2, notes=raw),
        Row("shared_lock", "lock between processes, nobody else wants it", rows_of(SHARED, "shared_lock", "pthread", "coil"),
            [Check("ns", own("coil", "cpu"), 20, unit="ns"), allocations()]),
        Row("shared_value", "shared_value += 1", rows_of(SHARED, "shared_value", "pthread", "coil"),
            [Check("ns", own("coil", "cpu"), 40, unit="ns"), allocations()]),
        Row("shared_recovery", "from the death of a lock's owner to who waits for it", rows_of(SHARED, "shared_recovery", "pidfd", "coil", once=True),
            [Check("ns", own("coil", "wall"), 1_000_000, unit="ns"), Check("coil / pidfd", ratio("coil", "pidfd", "wall"), 1.3)], show="wall",
            notes="pidfd: from the kill until the kernel says that the process is gone"),
    ]


def children():
    def sides(row, *names):
        return rows_of(PROCESS, row, *names, once=True)

    def as_raw(figure="wall"):
        return Check("clone3 / coil", ratio("clone3", "coil", figure), 0.95, at_least=True)

    return [
        Row("spawn1", "a child that does nothing, one after another", sides("spawn1", "clone3", "posix_spawn", "uv", "coil") | python("spawn1"),
            [as_raw(), faster_than_python()], near=True, show="wall"),
        Row("spawn64", "the same, 64 in flight", sides("spawn64", "clone3", "posix_spawn", "uv", "coil") | python("spawn64"),
            [as_raw(), faster_than_python()], near=True, show="wall"),
        Row("spawn_blocks", "time that a spawn keeps its thread", sides("spawn_blocks", "clone3", "posix_spawn", "coil"),
            [Check("coil / clone3", ratio("coil", "clone3", "wall"), 1.2)], show="wall",
            notes="coil: until another task of the loop has its turn, and from the last such turn until the child is there"),
        Row("spawn_burst", "the longest stretch that a loop is away, but for want of a core, while 64 children are begun",
            sides("spawn_burst", "coil"), [Check("ns", own("coil", "wall"), 5_000_000, unit="ns")], show="wall"),
        Row("spawn_resident", "a child, of a parent with 4 GiB resident",
            sides("spawn_resident", "clone3", "posix_spawn", "uv", "coil") | {"coil small": sides("spawn1", "coil")["coil"]} |
            python("spawn_resident"),
            [as_raw(), Check("coil / coil with a small parent", ratio("coil", "coil small", "wall"), 1.1), faster_than_python(),
             Check("GiB that the parent has", own("coil", "extra"), 4, at_least=True, unit="GiB")], near=True, show="wall",
            notes="less than 4 GiB where the machine has not twice that to spare"),
        Row("cat", "a MiB through cat, both ways",
            sides("cat", "pipes", "sockets", "coil", "coil_large", "coil_fast") | python("cat"),
            [faster_than_python(), Check("pipes / coil", ratio("pipes", "coil", "wall"), 0.95, at_least=True),
             Check("sockets / coil by the fast way", ratio("sockets", "coil_fast", "wall"), 0.95, at_least=True)], near=True, show="wall"),
        Row("capture", "64 KiB of output captured", sides("capture", "clone3", "coil") | python("capture"),
            [as_raw(), faster_than_python()], near=True, show="wall"),
    ]


def queue_row(key, title, limit, *peers):
    return Row(key, title, rows_of(QUEUE, key, "floor", *peers, "coil"),
               [Check("ns", own("coil", "cpu"), limit, unit="ns"), allocations()])


def queue_of_threads(key, title, peers, limit):
    return Row(key, title, rows_of(QUEUE, key, "std", "tbb", "fiber", "asio", "coil"), show="wall",
               checks=[Check("coil / best of " + ", ".join(peers), to_best("coil", peers, "wall"), limit)])


def queues():
    return [
        queue_row("queue_open", "queue without a limit, one loop, an item", 20, "asio"),
        queue_row("queue_1", "queue of one place, one loop, an item", 25, "fiber", "asio"),
        queue_row("queue_1024", "queue of 1,024 places, one loop, an item", 15, "fiber", "asio"),
        Row("queue_done", "an item put, got and done; all work joined", rows_of(QUEUE, "queue_done", "coil"),
            [Check("ns", own("coil", "cpu"), 40, unit="ns"), allocations()]),
        queue_of_threads("queue_open_two", "queue without a limit, two threads, an item (wall)", ["tbb"], 0.5),
        queue_of_threads("queue_1024_two", "queue of 1,024 places, one to one across threads (wall)", ["tbb", "fiber"], 1.0),
        queue_of_threads("queue_1024_four", "the same, four to four (wall)", ["tbb", "fiber"], 1.0),
    ]


def workers():
    return [
        Row("pool_start", "a pool of 2 worker processes: made, both have answered", rows_of(WORKERS, "pool_start", "spawn", "itself", "coil", once=True) | python("pool_start"),
            [Check("ms", lambda s: s["coil"]["wall"] / 1e6, 5, unit="ms"),
             Check("coil / itself", ratio("coil", "itself", "wall"), 1.2), faster_than_python()], show="wall",
            notes="spawn: posix_spawn of two processes that say a byte, /bin/echo; itself: the same, of this program, which is what a worker is"),
        Row("pool_map1", "map of a trivial function by a pool of 2, chunk 1: an item", rows_of(WORKERS, "pool_map1", "coil") | python("pool_map1"),
            [Check("ns", own("coil", "wall"), 1000, unit="ns"), faster_than_python()], show="wall"),
        Row("pool_map100", "the same, chunk 100", rows_of(WORKERS, "pool_map100", "coil") | python("pool_map100"),
            [Check("ns", own("coil", "wall"), 100, unit="ns"), faster_than_python()], show="wall"),
        Row("pool_call_awake", "one call and back, both awake", rows_of(WORKERS, "pool_call_awake", "memory", "coil") | python("pool_call_awake"),
            [Check("us", lambda s: s["coil"]["wall"] / 1e3, 2, unit="us"), faster_than_python()], show="wall",
            notes="memory: two processes that look at two words", cores=2),
        Row("pool_call_asleep", "one call and back, both asleep", rows_of(WORKERS, "pool_call_asleep", "futex", "coil", once=True),
            [Check("coil / two futexes", ratio("coil", "futex", "wall"), 1.3)], show="wall"),
        Row("manager_list", "a list operation of a manager", rows_of(WORKERS, "manager_list", "coil") | python("manager_list"),
            [Check("us", lambda s: s["coil"]["wall"] / 1e3, 24, unit="us"), faster_than_python(0.5)], show="wall"),
    ]


def everything():
    return spine() + io() + files() + sync() + fiber() + shared() + children() + queues() + workers()

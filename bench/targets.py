#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Measures coil against hand-written floors and against the peers that Debian ships, row by row.

Every round runs all sides of a row once, in turn, each in its own process; a ratio is taken within a round, since
a machine drifts between rounds. A target is met when the whole 90 % confidence interval of the median paired ratio
lies on its right side, missed when all of it lies on the wrong side, and beside when the limit lies within it.
Figures are in ns an operation unless a row says otherwise: `cpu` is CPU time of the process (what other programs
take from the machine is not in it), `wall` is wall time.
"""

import argparse
import datetime
import json
import os
import re
import sys

from judge import figures, report, rows, runs


def options():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default=os.path.join(here, "..", "build"), help="build folder (meson setup --buildtype=release)")
    p.add_argument("--rows", default="", help="only rows whose key matches this regular expression")
    p.add_argument("--sides", default="", help="only sides whose name matches this regular expression")
    p.add_argument("--rounds", type=int, default=5, help="rounds of a row (default 5)")
    p.add_argument("--pairs", type=int, default=5, help="rounds of a row whose target is near its floor (15 to judge it)")
    p.add_argument("--seconds", type=float, default=1.0, help="length of an echo sample (default 1)")
    p.add_argument("--json", default="targets.json", help="where the samples and verdicts go")
    p.add_argument("--table", default="", help="where the table goes too")
    p.add_argument("--markdown", default="", help="where a table for a document goes")
    p.add_argument("--list", action="store_true", help="name the rows and stop")
    return p.parse_args()


def measure(row, runner, count, wanted_sides):
    """Takes `count` rounds of a row; returns them and what went wrong on the way."""
    sides = {n: s for n, s in row.sides.items() if re.search(wanted_sides, n)}
    rounds, troubles = [], {}
    for r in range(count):
        taken = {}
        names = list(sides)
        # Each round begins with another side, and every other one runs backwards: no side always follows the same one.
        names = names[r % len(names):] + names[:r % len(names)]
        for name in reversed(names) if r % 2 else names:
            try:
                taken[name] = runner.sample(sides[name], row.core)
            except runs.Missing:
                del sides[name]
            except Exception as e:  # one side that fails must not end the others
                troubles[name] = str(e)
                del sides[name]
        rounds.append(taken)
        if not sides:
            break
    return rounds, troubles


def main():
    o = options()
    chosen = [r for r in rows.everything() if re.search(o.rows, r.key)]
    if o.list:
        for r in chosen:
            print(f"{r.key:14} {r.title}")
        return 0
    if not chosen:
        print(f"no row matches {o.rows!r}; --list names them", file=sys.stderr)
        return 2
    machine = report.machine(o.build)
    lines, document = [], [report.machine_line(machine), "", *report.MARKDOWN_HEAD]
    out = {"machine": machine, "date": datetime.datetime.now().isoformat(timespec="seconds"), "rows": []}

    def tell(*more):
        lines.extend(more)
        for line in more:
            print(line, flush=True)
        if o.table:
            with open(o.table, "w", encoding="utf-8") as f:
                f.write("\n".join(lines) + "\n")

    tell(report.machine_line(machine))
    runner = runs.Runner(o.build, o.seconds)
    tally = {"met": 0, "beside": 0, "missed": 0}
    try:
        for row in chosen:
            if row.cores > machine["cores"]:
                tell(f"{row.key:14} {row.title}: not judged, it needs {row.cores} cores")
                continue
            count = 1 if row.once else o.pairs if row.near else o.rounds
            rounds, troubles = measure(row, runner, count, o.sides)
            medians = figures.medians(rounds)
            checks = [c for c in (figures.summary(c, rounds) for c in row.checks) if c]
            for c in checks:
                tally[c["verdict"]] += 1
            tell(*report.row_lines(row, medians, checks, len(rounds)))
            document += report.markdown_lines(row, medians, checks)
            tell(*(f"{'':14} failed: {side}: {why}" for side, why in troubles.items()))
            out["rows"].append({"key": row.key, "title": row.title, "medians": medians, "rounds": rounds, "checks": checks,
                                "troubles": troubles})
    except KeyboardInterrupt:
        tell("interrupted; what was measured is kept")
    finally:
        runner.servers.stop()
        tell(", ".join(f"{n} {v}" for v, n in tally.items()) + " (a check whose sides are not all built is not counted)")
        with open(o.json, "w", encoding="utf-8") as f:
            json.dump(out, f, indent=1)
        if o.markdown:
            with open(o.markdown, "w", encoding="utf-8") as f:
                f.write("\n".join(document) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

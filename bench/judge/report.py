# SPDX-License-Identifier: BSL-1.0
"""The table that people read, and the machine it was taken on."""

import json
import os
import platform
import shlex
import subprocess


def number(x):
    if x >= 1e6:
        return f"{x / 1e6:.3g}M"
    if x >= 100:
        return f"{x:,.0f}"
    return f"{x:.3g}" if x >= 0.01 or x == 0 else f"{x:.2g}"


def machine(build):
    """CPU, kernel, compiler and flags, in one line."""
    cpu = "?"
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                cpu = line.split(":")[1].strip()
                break
    compiler, flags = "?", "?"
    try:
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
            command = shlex.split(json.load(f)[0]["command"])
        compiler = subprocess.check_output([command[command[0].endswith("ccache")], "--version"], text=True).splitlines()[0]
        with open(os.path.join(build, "meson-info", "intro-buildoptions.json"), encoding="utf-8") as f:
            options = {o["name"]: o["value"] for o in json.load(f)}
        flags = " ".join(["-O" + options["optimization"], *options["cpp_args"]])
        if options["optimization"] != "3":
            flags += " (--buildtype=release gives the figures that count)"
    except (OSError, KeyError, IndexError, subprocess.CalledProcessError):
        pass
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(), "compiler": compiler, "flags": flags}


def machine_line(m):
    return f"{m['cpu']}, {m['cores']} cores, Linux {m['kernel']}, {m['compiler']}, {m['flags']}"


def row_lines(row, medians, checks, rounds):
    absent = [side for side in row.sides if side not in medians]
    lines = [f"{row.key:14} {row.title}" + (f"   (absent: {', '.join(absent)})" if absent else "")]
    # Beside wall time stands CPU time: on a busy machine it still tells whose work is more.
    for figure in [row.show, "cpu"] if row.show == "wall" else [row.show]:
        sides = [side for side in row.sides if side in medians and medians[side].get(figure)]
        if sides:
            lines.append(f"{'':14} {figure}: " + "   ".join(f"{side} {number(medians[side][figure])}" for side in sides))
    for c in checks:
        sign = ">=" if c["at_least"] else "<="
        lines.append(f"{'':14} {c['verdict']:7} {number(c['median'])} [{number(c['low'])}, {number(c['high'])}] "
                     f"{sign} {number(c['limit'])} {c['unit']}: {c['text']}")
    if row.notes:
        lines.append(f"{'':14} note: {row.notes}")
    if rounds > 0:
        lines[0] += f"  ({rounds} rounds)" if rounds > 1 else "  (1 round)"
    return lines


MARKDOWN_HEAD = ["| row | figures | judged | limit | |", "|---|---|---|---|---|"]


def markdown_lines(row, medians, checks):
    """The same for a document: a line for each check, the first of which has the figures too."""
    sides = [side for side in row.sides if side in medians and medians[side].get(row.show)]
    figures = ", ".join(f"{side} {number(medians[side][row.show])}" for side in sides)
    lines = []
    for c in checks or [None]:
        title = f"{row.title} (`{row.key}`)" if not lines else ""
        judged = limit = verdict = ""
        if c:
            unit = "" if c["unit"] == "x" else " " + c["unit"]
            judged = f"{number(c['median'])}{unit}, {c['text']}" if c["text"] != c["unit"] else f"{number(c['median'])}{unit}"
            limit = f"{'at least' if c['at_least'] else 'at most'} {number(c['limit'])}"
            verdict = c["verdict"]
        lines.append(f"| {title} | {figures if not lines else ''} | {judged} | {limit} | {verdict} |")
    return lines

# SPDX-License-Identifier: BSL-1.0
"""Medians, the interval of paired ratios, and the verdict that follows."""

from math import comb
from statistics import median


def interval(values, confidence=0.9):
    """The interval that holds the median of the pairs with this confidence, by order statistics (no shape is assumed).

    From fewer than five values it is the whole range."""
    ordered = sorted(values)
    n = len(ordered)
    tail = (1 - confidence) / 2
    below = 0.0  # the chance that fewer than k of n values lie below the true median
    k = 0
    while k < n // 2 and below + comb(n, k) / 2**n <= tail:
        below += comb(n, k) / 2**n
        k += 1
    k = max(k, 1)
    return ordered[k - 1], ordered[n - k]


def verdict(values, limit, at_least):
    """met: the whole interval lies on the right side; missed: on the wrong one; beside: the limit lies in it."""
    low, high = interval(values)
    if at_least:
        low, high, limit = -high, -low, -limit
    if high <= limit:
        return "met"
    return "missed" if low > limit else "beside"


def summary(check, rounds):
    """What a check comes to over all rounds; None where a side it needs is not there."""
    values = []
    for sides in rounds:
        try:
            values.append(check.value(sides))
        except (KeyError, ValueError, ZeroDivisionError):
            return None
    if not values:
        return None
    low, high = interval(values)
    return {"text": check.text, "median": median(values), "low": low, "high": high, "least": min(values), "most": max(values),
            "limit": check.limit, "at_least": check.at_least, "unit": check.unit, "values": values,
            "verdict": verdict(values, check.limit, check.at_least)}


def medians(rounds):
    """The median of each figure of each side."""
    out = {}
    for side in {s for r in rounds for s in r}:
        samples = [r[side] for r in rounds if side in r]
        out[side] = {f: median(s[f] for s in samples if f in s) for f in samples[0]}
    return out

"""How often the interval of last week's share, as the new labeller sees it, covers that share, down to rare labels."""

import numpy as np

from semtel_ops.evaluation.bridge import bridged_change, bridged_change_of
from semtel_ops.evaluation.gold_pairs import GoldCount
from semtel_ops.evaluation.intervals import share_of
from tests.simulations.figures import Figure, cover

RUNS = 2000
ROWS = 20_000
WEEK = "2026-W40"


def simulate(runs, seed):
    rng = np.random.default_rng(seed)
    figures = []
    for share, moved, m in (
        (0.25, 0.06, 2000),
        (0.05, 0.02, 2000),
        (0.01, 0.006, 2000),
        (0.002, 0.001, 2000),
        (0.05, 0.02, 500),
    ):
        # Both give the label with this share; half of the moved rows each way.
        table = [share - moved / 2, moved / 2, moved / 2, 1 - share - moved / 2]
        bridge = rng.multinomial(m, table, runs)
        rest = rng.binomial(ROWS - m, share, runs)
        hits, widths = np.zeros(3), np.zeros(3)
        for (both, b, c, neither), others in zip(bridge.tolist(), rest.tolist(), strict=True):
            before = share_of(both + b + others, ROWS, ROWS, ROWS)
            counts = zip(((True, True), (True, False), (False, True), (False, False)), (both, b, c, neither), strict=True)
            rows = [GoldCount(*kind, n, week=WEEK) for kind, n in counts if n]
            found = [
                bridged_change(before, before, m=m, b=b, c=c, imagined_rows=0),
                bridged_change(before, before, m=m, b=b, c=c),
                bridged_change_of(before, before, rows, week=WEEK),
            ]
            hits += [each.before_as_seen.low <= share <= each.before_as_seen.high for each in found]
            widths += [each.before_as_seen.high - each.before_as_seen.low for each in found]
        name = f"{100 * share:g}%, {100 * moved:g}% moved, {m:,} rows"
        figures += [
            Figure(f"{name}: without imagined rows covers, %", 100 * hits[0] / runs),
            cover(f"{name}: from counts covers, %", hits[1], runs, RUNS, 93.0, 99.0),
            cover(f"{name}: from rows, tuned, covers, %", hits[2], runs, RUNS, 93.0, 99.0),
            Figure(f"{name}: width of the tuned one, relative to counts", widths[2] / widths[1]),
        ]
    return [*figures, *_weighted(rng, runs)]


def _weighted(rng, runs):
    """Two strata of weights 1.6 and 0.4, in which rows move in different numbers."""
    figures, weights = [], (1.6, 0.4)
    for shares, moved, m in (((0.2, 0.35), (0.05, 0.1), 2000), ((0.01, 0.03), (0.004, 0.02), 2000)):
        tables = [[p - 0.3 * a, 0.3 * a, 0.7 * a, 1 - p - 0.7 * a] for p, a in zip(shares, moved, strict=True)]
        seen, change = (
            sum(w * part(t) for w, t in zip(weights, tables, strict=True)) / 2
            for part in (lambda t: t[0] + t[2], lambda t: t[2] - t[1])
        )
        hits = np.zeros(2)
        for _ in range(runs):
            bridge = [rng.multinomial(m // 2, table).tolist() for table in tables]
            rest = [int(rng.binomial((ROWS - m) // 2, table[0] + table[1])) for table in tables]
            said = sum(w * (b[0] + b[1] + other) for w, b, other in zip(weights, bridge, rest, strict=True))
            before = share_of(said, ROWS, sum(w * w for w in weights) * ROWS / 2, ROWS)
            kinds = ((True, True), (True, False), (False, True), (False, False))
            rows = [
                GoldCount(*kind, n, w, week=WEEK)
                for w, b in zip(weights, bridge, strict=True)
                for kind, n in zip(kinds, b, strict=True)
                if n
            ]
            found = bridged_change_of(before, before, rows, week=WEEK)
            hits += [
                found.before_as_seen.low <= seen <= found.before_as_seen.high,
                found.labeller.low <= change <= found.labeller.high,
            ]
        name = f"weighted, {100 * seen:.1f}%, {m:,} rows"
        figures.append(cover(f"{name}: from rows covers, %", hits[0], runs, RUNS, 93.0, 98.0))
        figures.append(cover(f"{name}: the labeller's change covers, %", hits[1], runs, RUNS, 93.0, 98.0))
    return figures

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
    return figures

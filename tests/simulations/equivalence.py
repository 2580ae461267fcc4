"""Equivalence within two points: shown where labellers do not differ, not shown at the margin, left open with few rows."""

import numpy as np

from semtel_ops.evaluation.paired import equivalence, mid_p, paired_interval, rows_for_equivalence, rows_to_decide
from tests.simulations.figures import Figure, at_least, at_most, cover

RUNS = 2000
MARGIN = 0.02


def discordant(rng, rows, psi, change, runs):
    """(b, c) of each run."""
    b, c = (psi - change) / 2, (psi + change) / 2
    return rng.multinomial(rows, [b, c, 1 - b - c], runs)[:, :2].tolist()


def simulate(runs, seed):
    rng = np.random.default_rng(seed)

    def shown(rows, psi, change):
        return sum(equivalence(rows, b, c, MARGIN).is_shown for b, c in discordant(rng, rows, psi, change, runs))

    figures = [
        at_least("6% discordant, 1,300 rows, no change: shown", shown(1300, 0.06, 0.0), runs, 0.75, RUNS),
        at_most("6% discordant, 1,300 rows, a change of two points: shown", shown(1300, 0.06, MARGIN), runs),
        at_most("the same with 20,000 rows", shown(20_000, 0.06, MARGIN), runs),
        # A rare label: at 300 rows, all of its rows moved; no discordant row is seen in e^-6 of runs.
        at_most("300 rows of a label of 2% that vanishes: shown", shown(300, 0.02, MARGIN - 1e-9), runs),
        at_most("100 rows of a label of 2% that vanishes: shown", shown(100, 0.02, MARGIN - 1e-9), runs),
    ]
    few = discordant(rng, 300, 0.06, 0.0, runs)
    said = [rows_to_decide(300, b, c, MARGIN) for b, c in few if not equivalence(300, b, c, MARGIN).is_shown]
    formula = [rows_for_equivalence((b + c) / 300, MARGIN) for b, c in few if not equivalence(300, b, c, MARGIN).is_shown]
    figures += [
        Figure("300 rows: left open", len(said), low=0.75 * runs, of=runs),
        Figure("300 rows: median of the rows that would decide (1,285 at 6%)", float(np.median(formula)), low=1000, high=1600),
        Figure(
            "300 rows: at least as many are named",
            sum(s is None or s >= f for s, f in zip(said, formula, strict=True)), low=len(said), of=len(said),
        ),
    ]  # fmt: skip
    for rows, psi, change in ((2000, 0.06, 0.01), (2000, 0.004, 0.002), (300, 0.02, 0.0), (300, 0.06, 0.03)):
        hits = wald = 0
        for b, c in discordant(rng, rows, psi, change, runs):
            low, high = paired_interval(rows, b, c, 1.96)
            hits += low <= change <= high
            half = 1.96 * np.sqrt((b + c) - (b - c) ** 2 / rows) / rows
            wald += abs((c - b) / rows - change) <= half
        name = f"interval of a change, {100 * psi:g}% discordant, {rows:,} rows"
        figures.append(Figure(f"{name}: normal, %", 100 * wald / runs))
        figures.append(cover(f"{name}: ours, %", hits, runs, RUNS, 93.0, 98.5))
    for rows, psi in ((300, 0.06), (2000, 0.02)):
        rejected = sum(mid_p(b, c) <= 0.05 for b, c in discordant(rng, rows, psi, 0.0, runs))
        figures.append(at_most(f"mid-p, {100 * psi:g}% discordant, {rows:,} rows, no change: rejected", rejected, runs))
    return figures

"""How often excess disagreement tells another labeller: one against itself, and one that moved 5% of the rows.

Each row has a label that a labeller prefers, and a probability of its own to give another one; two answers about a row differ in
18% of cases (or 4%). Disagreement between the labellers alone, with a floor under kappa, would reject the labeller for being
itself.
"""

import numpy as np

from semtel_ops.evaluation.excess import excess_disagreement
from tests.simulations.figures import Figure, at_least, at_most

RUNS = 1200
LABELS = 6


def answers(rng, prefers, doubt):
    """An answer for each row: the label it prefers, or with the row's doubt another one, which differs from row to row."""
    other = (prefers + 1 + (np.arange(len(prefers)) % (LABELS - 1))) % LABELS
    third = rng.integers(0, LABELS, len(prefers))
    said = np.where(rng.random(len(prefers)) < doubt, np.where(rng.random(len(prefers)) < 0.8, other, third), prefers)
    return said.tolist()


def doubts(rng, rows, flips):
    """Doubts that differ from row to row, such that about this share of pairs of answers differ."""
    # The mean of 2d(1-d) over a beta distribution with mean m and sum of parameters s is 2m(1-m)·s/(s+1).
    s = 2.0
    mean = (1 - np.sqrt(1 - 2 * flips * (s + 1) / s)) / 2
    return rng.beta(s * mean, s * (1 - mean), rows)


def simulate(runs, seed):
    rng = np.random.default_rng(seed)
    figures = []
    for flips, rows, power in ((0.18, 1000, 0.9), (0.18, 300, None), (0.04, 300, 0.9)):
        counts = {0.0: 0, 0.05: 0}
        covered, between, within = dict.fromkeys(counts, 0), [], []
        for moved in counts:
            for _ in range(runs):
                prefers = rng.integers(0, LABELS, rows)
                doubt = doubts(rng, rows, flips)
                changed = np.where(
                    rng.random(rows) < moved, (prefers + 1 + rng.integers(0, LABELS - 1, rows)) % LABELS, prefers
                )
                of_both = [answers(rng, each, doubt) for each in (prefers, prefers, changed, changed)]
                found = excess_disagreement(*of_both)
                counts[moved] += found.p_value <= 0.05
                if not moved:
                    covered[moved] += found.low <= 0 <= found.high
                    between.append(found.between)
                    within.append(found.within)
        name = f"{100 * flips:.0f}% flips, {rows:,} rows"
        figures.append(Figure(f"{name}: answers of one labeller that differ, %", 100 * np.mean(within)))
        figures.append(Figure(f"{name}: answers of it and itself as another that differ, %", 100 * np.mean(between)))
        figures.append(at_most(f"{name}: another labeller, where it is the same", counts[0.0], runs))
        named = f"{name}: another labeller, where 5% of rows moved"
        found = counts[0.05]
        figures.append(at_least(named, found, runs, power, RUNS) if power else Figure(named, found, of=runs))
        figures.append(Figure(f"{name}: the interval covers 0, where it is the same, %", 100 * covered[0.0] / runs))
    return figures

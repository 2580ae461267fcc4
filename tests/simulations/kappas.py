"""How often the interval of a difference of two kappas covers it, with Student's quantile and with the normal one."""

import numpy as np

from semtel_ops.evaluation.agreement import cohen_kappa, confusion
from semtel_ops.evaluation.kappa_difference import kappa_difference
from tests.simulations.figures import Figure, at_least, at_most, cover

RUNS = 1500
LABELS = 5


def labelled(rng, rows, right, anew):
    """Golden labels, labels of a, and labels of b, which judges a part of the rows anew with its own accuracy."""
    shares = 0.8 ** np.arange(LABELS)
    gold = rng.choice(LABELS, rows, p=shares / shares.sum())
    a, b = (np.where(rng.random(rows) < p, gold, rng.integers(0, LABELS, rows)) for p in right)
    b = np.where(rng.random(rows) < anew, b, a)
    return [each.tolist() for each in (gold, a, b)]


def simulate(runs, seed):
    rng = np.random.default_rng(seed)
    figures = []
    for rows, right, anew in ((300, (0.85, 0.85), 0.15), (1000, (0.85, 0.85), 0.15), (300, (0.9, 0.6), 0.5)):
        gold, a, b = labelled(rng, 400_000, right, anew)
        first, second = (cohen_kappa(confusion(zip(gold, each, strict=True))).value for each in (a, b))
        truth = second - first
        ours = normal = worse = not_worse = 0
        errors = []
        for _ in range(runs):
            found = kappa_difference(*labelled(rng, rows, right, anew))
            ours += found.low <= truth <= found.high
            normal += abs(found.value - truth) <= 1.96 * found.standard_error
            worse += found.is_worse
            not_worse += found.is_not_worse()
            errors.append(found.standard_error)
        name = f"{rows:,} rows, difference {truth:+.3f}"
        figures += [
            Figure(f"{name}: standard error", float(np.mean(errors))),
            Figure(f"{name}: normal quantile covers, %", 100 * normal / runs),
            cover(f"{name}: ours covers, %", ours, runs, RUNS),
        ]
        if right[0] == right[1]:
            figures.append(at_most(f"{name}: shown to be worse", worse, runs, 0.025))
            figures.append(Figure(f"{name}: shown to be not worse", not_worse, of=runs))
        else:
            figures.append(at_least(f"{name}: shown to be worse", worse, runs, 0.95, RUNS))
            figures.append(at_most(f"{name}: shown to be not worse", not_worse, runs, 0.01))
    return figures

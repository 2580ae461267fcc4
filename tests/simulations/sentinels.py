"""100 fixed rows a day at 4% flips: false alarms in a year without change, and days until a change is found.

The plain product of one alternative, 10%, is compared with the average over the size and the day of the change. The rows flip
with probabilities of their own, the same every day, so that their flips have less spread than a binomial number.
"""

import numpy as np

from semtel_ops.evaluation.sentinel import Day, SentinelTest, baseline
from tests.simulations.figures import Figure, cover

RUNS = 1000
ROWS, P0, YEAR = 100, 0.04, 365
TESTS = {
    "plain": SentinelTest(P0, alternatives=(0.10,), horizon_days=1),
    "average": SentinelTest(P0),
}


def days(rng, chances, n):
    """Flips of n days of rows with these chances."""
    return (rng.random((n, len(chances))) < chances).sum(axis=1).tolist()


def chances(rng, share):
    """Chances of rows, most of them small, with this mean."""
    drawn = rng.beta(0.3, 0.3 * (1 - share) / share, ROWS)
    return np.minimum(drawn * share / drawn.mean(), 1.0)


def first_alarm(test, flips):
    alarm = test.judge([Day(each, ROWS) for each in flips]).alarm
    return None if alarm is None else alarm + 1


def quantile(values, share):
    """The smallest number of days within which this share of runs has an alarm; infinite if they have none."""
    known = sorted(np.inf if each is None else each for each in values)
    return float(known[int(np.ceil(share * len(known))) - 1])


def simulate(runs, seed):
    rng = np.random.default_rng(seed)
    figures = []
    for name, test in TESTS.items():
        has_bound = name == "average"  # the one that is used
        false = sum(first_alarm(test, rng.binomial(ROWS, P0, YEAR).tolist()) is not None for _ in range(runs))
        figures.append(Figure(f"{name}: a year without change at p0 alarms, %", 100 * false / runs, high=5.0))
        own = [first_alarm(test, days(rng, chances(rng, P0), YEAR)) for _ in range(max(runs // 5, 20))]
        figures.append(
            Figure(
                f"{name}: the same, rows with chances of their own, %", 100 * np.mean([a is not None for a in own]), high=5.0
            )
        )
        for share, median, most in ((0.10, 2, 5), (0.07, None, 45)):
            found = [first_alarm(test, rng.binomial(ROWS, share, 100).tolist()) for _ in range(runs)]
            shown = f"{name}: {100 * share:.0f}% flips from the first day on"
            figures.append(Figure(f"{shown}: median of days", quantile(found, 0.5), high=median if has_bound else None))
            figures.append(Figure(f"{shown}: 95% within days", quantile(found, 0.95), high=most if has_bound else None))
        for share in (0.10, 0.20):
            late = []
            for _ in range(max(runs // 5, 20)):
                flips = [*rng.binomial(ROWS, 0.03, 180).tolist(), *rng.binomial(ROWS, share, 60).tolist()]
                alarm = first_alarm(test, flips)
                late.append(None if alarm is None else max(alarm - 180, 0))
            shown = f"{name}: {100 * share:.0f}% flips after half a year at 3%"
            figures.append(Figure(f"{shown}: median of days", quantile(late, 0.5), high=5 if has_bound else None))
            figures.append(Figure(f"{shown}: 95% within days", quantile(late, 0.95), high=10 if has_bound else None))
    figures.append(_baseline(rng, runs))
    return figures


def _baseline(rng, runs):
    """How often p0 is at least the flip share of the rows it was measured on, with ten repeats."""
    hits = 0
    for _ in range(runs):
        chance = chances(rng, 0.03)
        repeats = np.where(rng.random((10, ROWS)) < chance, "b", "a").tolist()
        found = baseline(repeats)
        truth = np.mean([c if label == "a" else 1 - c for c, label in zip(chance, found.labels, strict=True)])
        hits += truth <= found.p0
    return cover("p0 is at least the flip share of its own rows, %", hits, runs, RUNS, 95.0, 100.0)

"""How often the interval of a corrected share covers the truth: eight kinds of labels, and gold drawn more often where said.

For comparison: the interval of the share as labelled, which leaves labelling error out; share ± 1.96 standard errors; Wilson's
interval; and Wilson's interval with imagined rows, which is published.
"""

from dataclasses import dataclass

import numpy as np

from semtel_ops.evaluation.gold_pairs import Corrected, GoldCount
from semtel_ops.evaluation.intervals import share_of
from semtel_ops.evaluation.two_phase import two_phase
from tests.simulations.figures import Figure, cover

RUNS = 4000
WEEK = "2026-W40"


@dataclass(frozen=True)
class Label:
    """A label with its true share, how the labeller errs, the rows of a week and those with gold."""

    share: float
    sensitivity: float
    specificity: float
    rows: int
    gold: int
    weights: tuple[float, ...] = (1.0,)
    """Sample weights of strata of equal size; the label is rarer in the first one."""

    def __str__(self):
        kind = "weights " + "/".join(f"{weight:g}" for weight in self.weights) if len(self.weights) > 1 else ""
        return f"{self.share:.3g} se {self.sensitivity:g} sp {self.specificity:g} {self.rows:,} {self.gold:,} {kind}".rstrip()


LABELS = (
    Label(0.30, 0.85, 0.95, 5_000, 300),
    Label(0.30, 0.85, 0.95, 5_000, 300, (1.6, 0.4)),
    Label(0.10, 0.80, 0.97, 5_000, 300),
    Label(0.05, 0.80, 0.98, 5_000, 300),
    Label(0.05, 0.80, 0.98, 5_000, 300, (1.6, 0.4)),
    Label(0.02, 0.70, 0.99, 5_000, 300),
    Label(0.01, 0.70, 0.995, 20_000, 1_000),
    Label(0.50, 0.95, 0.95, 2_000, 150),
)
KINDS = ((True, True), (True, False), (False, True), (False, False))


def weeks(label, runs, rng, boost=1.0):
    """Weeks as counts: rows[run][stratum][kind], the gold rows among them, and the probability of a gold row, by stratum and
    kind.

    Args:
        boost: how much more often a row that the labeller gave the label is drawn for gold.
    """
    strata = len(label.weights)
    shares = [label.share] if strata == 1 else [0.9 * label.share, 1.4 * label.share]
    rows = np.empty((runs, strata, 4), dtype=int)
    for stratum, p in enumerate(shares):
        se, sp = label.sensitivity, label.specificity
        rows[:, stratum] = rng.multinomial(label.rows // strata, [p * se, (1 - p) * (1 - sp), p * (1 - se), (1 - p) * sp], runs)
    flat = rows.reshape(runs, -1)
    if boost == 1.0:
        gold = rng.multivariate_hypergeometric
        drawn = np.array([gold(each, label.gold) for each in flat]).reshape(rows.shape)
        return rows, drawn, np.full((runs, 4), label.gold / label.rows)
    # Two strata of drawing, by what the labeller said, with fixed numbers of gold rows.
    said = rows[:, :, :2].sum(axis=(1, 2))
    plain = label.gold / (label.rows + (boost - 1) * said)
    of_said = np.minimum(np.rint(boost * plain * said), said).astype(int)
    drawn = np.empty_like(rows)
    for run in range(runs):
        for kinds, n in ((slice(0, 2), of_said[run]), (slice(2, 4), label.gold - of_said[run])):
            pool = rows[run][:, kinds]
            drawn[run][:, kinds] = rng.multivariate_hypergeometric(pool.ravel(), n).reshape(pool.shape)
    high, low = of_said / np.maximum(said, 1), (label.gold - of_said) / (label.rows - said)
    return rows, drawn, np.stack([high, high, low, low], axis=1)


def estimates(label, rows, gold, probability, **options):
    """The share as labelled, and the corrected share."""
    said = rows[:, 0] + rows[:, 1]
    weights = np.array(label.weights)
    of_stratum = rows.sum(axis=1)
    raw = share_of(float(said @ weights), float(of_stratum @ weights), float(of_stratum @ weights**2), int(of_stratum.sum()))
    counts = [
        GoldCount(*kind, int(n), weight, float(probability[at]), WEEK)
        for stratum, weight in zip(gold, label.weights, strict=True)
        for at, (kind, n) in enumerate(zip(KINDS, stratum, strict=True))
        if n
    ]
    return raw, two_phase(raw, counts, week=WEEK, **options)


def covers(share, truth):
    return share.low <= truth <= share.high


def within(share, truth):
    """Whether share ± 1.96 standard errors covers the truth."""
    variance = share.share * (1 - share.share) / share.effective_n
    return abs(share.share - truth) <= 1.96 * variance**0.5


def simulate(runs, seed):
    rng = np.random.default_rng(seed)
    figures, raw_covers = [], []
    for label in LABELS:
        hits = np.zeros(4, dtype=int)
        for rows, gold, probability in zip(*weeks(label, runs, rng), strict=True):
            raw, plain = estimates(label, rows, gold, probability, imagined_rows=0)
            _, padded = estimates(label, rows, gold, probability)
            assert isinstance(plain, Corrected)
            assert isinstance(padded, Corrected)
            truth = label.share
            hits += [covers(raw, truth), within(plain.share, truth), covers(plain.share, truth), covers(padded.share, truth)]
        raw_covers.append(100 * hits[0] / runs)
        names = ("as labelled", "normal", "Wilson")
        figures += [Figure(f"{label}: {name}, %", 100 * n / runs) for name, n in zip(names, hits[:3], strict=True)]
        figures.append(cover(f"{label}: published, %", hits[3], runs, RUNS, low=92.5))
    figures.append(
        Figure("kinds of labels whose share as labelled covers less than 80%", sum(c < 80 for c in raw_covers), low=6)
    )
    short = sum(figure.value < 93 for figure in figures if "published" in figure.name)
    figures.append(Figure("kinds whose published interval covers less than 93%", short, high=1 if runs >= RUNS else None))
    for label in LABELS[2:7]:
        hits = 0
        widths = np.zeros(2)
        for (rows, gold, probability), (_, equal, same) in zip(
            zip(*weeks(label, runs, rng, boost=5.0), strict=True), zip(*weeks(label, runs, rng), strict=True), strict=True
        ):
            _, padded = estimates(label, rows, gold, probability)
            _, plain = estimates(label, rows, equal, same)
            hits += covers(padded.share, label.share)
            widths += [padded.share.high - padded.share.low, plain.share.high - plain.share.low]
        figures.append(cover(f"{label}: gold 5 × where said, %", hits, runs, RUNS, low=92.5, high=99.5))
        figures.append(Figure(f"{label}: … width, relative to equal draws", widths[0] / widths[1]))
    return figures

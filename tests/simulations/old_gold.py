"""A share doubled since the gold rows were labelled: Rogan-Gladen, its matrix form, and the mean error, which is refused."""

import numpy as np

from semtel_ops.errors import ConfigError
from semtel_ops.evaluation.corrected import corrected_shares
from semtel_ops.evaluation.gold_pairs import Corrected, GoldCount, GoldPair, Refused
from semtel_ops.evaluation.intervals import share_of
from semtel_ops.evaluation.misclassification import by_matrix, rogan_gladen
from semtel_ops.evaluation.two_phase import two_phase
from tests.simulations.figures import Figure, cover

RUNS = 1000
OLD, NEW = "2026-W30", "2026-W40"
SENSITIVITY, SPECIFICITY = 0.8, 0.97
BEFORE, AFTER = 0.10, 0.20
ROWS, GOLD = 5_000, 500
MATRIX = np.array([[0.90, 0.10, 0.05], [0.06, 0.85, 0.05], [0.04, 0.05, 0.90]])
"""P(said | true), said in rows."""


def kinds(p):
    return [p * SENSITIVITY, (1 - p) * (1 - SPECIFICITY), p * (1 - SENSITIVITY), (1 - p) * SPECIFICITY]


def simulate(runs, seed):
    rng = np.random.default_rng(seed)
    gold = rng.multinomial(GOLD, kinds(BEFORE), runs)
    said = rng.binomial(ROWS, sum(kinds(AFTER)[:2]), runs)
    inverted = rectified = refused = 0
    for row in range(runs):
        both, wrong, missed, neither = map(int, gold[row])
        raw = share_of(int(said[row]), ROWS, ROWS, ROWS)
        counts = [
            GoldCount(*kind, n, week=OLD)
            for *kind, n in ((True, True, both), (True, False, wrong), (False, True, missed), (False, False, neither))
            if n
        ]
        found = rogan_gladen(raw, counts, labeller="")
        inverted += isinstance(found, Corrected) and found.share.low <= AFTER <= found.share.high
        # The mean error of the old week, as the two-phase estimator would take it if it were told a wrong week.
        forced = two_phase(raw, counts, week=OLD, tuning=1)
        assert isinstance(forced, Corrected)
        rectified += forced.share.low <= AFTER <= forced.share.high
        try:
            two_phase(raw, counts, week=NEW)
        except ConfigError:
            refused += 1
    figures = [
        cover("Rogan-Gladen covers the new share, %", inverted, runs, RUNS, 92.0, 98.0),
        Figure("the old week's mean error would cover it, %", 100 * rectified / runs, high=60.0),
        Figure("the old week's mean error is refused", refused, low=runs, of=runs),
    ]
    return [*figures, *_matrix(runs, rng), *_rare(runs, rng)]


def _matrix(runs, rng):
    before, after = np.array([0.6, 0.3, 0.1]), np.array([0.3, 0.3, 0.4])
    gold = rng.multinomial(GOLD, (MATRIX * before).ravel(), runs).reshape(runs, 3, 3)
    said = rng.multinomial(ROWS, MATRIX @ after, runs)
    hits, answered = np.zeros(3), 0
    for row in range(runs):
        rows = [
            GoldPair(frozenset("abc"[k]), frozenset("abc"[i]), OLD, "", int(gold[row, i, k]))
            for i in range(3)
            for k in range(3)
            if gold[row, i, k]
        ]
        found = by_matrix(
            {label: share_of(int(said[row, i]), ROWS, ROWS, ROWS) for i, label in enumerate("abc")}, rows, labeller=""
        )
        if isinstance(found, Refused):
            continue
        answered += 1
        hits += [found[label].share.low <= p <= found[label].share.high for label, p in zip("abc", after, strict=True)]
    names = [f"matrix of three labels: {label}, %" for label in "abc"]
    return [*(cover(name, n, answered, RUNS, 92.0, 98.0) for name, n in zip(names, hits, strict=True)), *_many(runs, rng)]


def _many(runs, rng):
    """Eight labels, of which three have few gold rows and are one label of the matrix; the most frequent label halves."""
    labels = "abcdefgh"
    before = np.array([0.4, 0.2, 0.15, 0.1, 0.09, 0.03, 0.02, 0.01])
    after = before * np.array([0.5, *[4 / 3] * 7])
    says = 0.85 * np.eye(8) + 0.15 / 8
    gold = rng.multinomial(GOLD, (says * before).ravel(), runs).reshape(runs, 8, 8)
    said = rng.multinomial(ROWS, says @ after, runs)
    hits, answered = np.zeros(8), np.zeros(8)
    for row in range(runs):
        rows = [
            GoldPair(frozenset(labels[k]), frozenset(labels[i]), OLD, "", int(gold[row, i, k]))
            for i, k in zip(*np.nonzero(gold[row]), strict=True)
        ]
        raw = {label: share_of(int(said[row, i]), ROWS, ROWS, ROWS) for i, label in enumerate(labels)}
        found = corrected_shares(raw, rows, week=NEW, labeller="", one_label=True)
        for k, label in enumerate(labels):
            each = found[label]
            if isinstance(each, Corrected):
                answered[k] += 1
                hits[k] += each.share.low <= after[k] <= each.share.high
    return [
        Figure("matrix of eight labels: answered for the rarest, with 5 gold rows, %", 100 * answered[7] / runs),
        Figure("… answered for the five most frequent, %", 100 * answered[:5].mean() / runs),
        *(
            cover(f"… label of {100 * before[k]:g}%, now {100 * after[k]:.0f}%, %", hits[k], answered[k], RUNS, 92.0, 98.0)
            for k in range(5)
        ),
    ]


def _rare(runs, rng):
    """The bounds of refusal: with 20 gold rows of the label, and with errors as large as they may be."""
    figures = []
    for name, p, se, sp, n_true, n_false in (
        ("20 gold rows with the label, share .05", 0.05, 0.8, 0.98, 20, 480),
        ("a labeller that is nearly useless (se .6, sp .75), share .20", 0.20, 0.6, 0.75, 150, 350),
        ("a share of nearly 0 (.002)", 0.002, 0.8, 0.99, 50, 450),
    ):
        true, false = rng.binomial(n_true, se, runs), rng.binomial(n_false, 1 - sp, runs)
        said = rng.binomial(ROWS, p * se + (1 - p) * (1 - sp), runs)
        hits = answered = 0
        for row in range(runs):
            counts = [
                GoldCount(*kind, n)
                for *kind, n in (
                    (True, True, int(true[row])),
                    (False, True, n_true - int(true[row])),
                    (True, False, int(false[row])),
                    (False, False, n_false - int(false[row])),
                )
                if n
            ]
            found = rogan_gladen(share_of(int(said[row]), ROWS, ROWS, ROWS), counts, labeller="")
            if isinstance(found, Corrected):
                answered += 1
                hits += found.share.low <= p <= found.share.high
        figures.append(cover(f"{name}, %", hits, answered, RUNS, 92.0, 99.9))
        figures.append(Figure(f"{name}: answered, %", 100 * answered / runs))
    return figures

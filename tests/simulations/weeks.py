"""Two weeks and a bridge between them: 7 classifiers, 32 labels, two labellers with planted differences.

A conversation has a true label; a labeller is right about 88% of them and otherwise gives any label. B gives A's answer,
except for half of the conversations, which it judges anew: so they differ on a tenth of the rows although neither gives a
label more often.
"""

from dataclasses import dataclass

import numpy as np

from semtel_ops.evaluation.bridge import bridged_change
from semtel_ops.evaluation.intervals import difference, real_changes, share_of

LABELS = (8, 5, 5, 4, 4, 3, 3)
"""Labels of each classifier."""
ROWS = 20_000
RIGHT = 0.88
JUDGED_ANEW = 0.5
PLANTED = (0, 0)
"""Classifier and label in which a difference is planted."""


@dataclass(frozen=True)
class Named:
    """Week pairs that name a change: of the users without and with a bridge, of the labeller; then of the planted label."""

    raw: int
    users: int
    labeller: int
    raw_planted: int
    users_planted: int
    labeller_planted: int


def true_shares(labels):
    """Shares that fall off as 1, 0.8, 0.64, …: about a quarter down to some percent."""
    falling = 0.8 ** np.arange(labels)
    return falling / falling.sum()


def moved_to(shares, label, points):
    """Shares with a label larger by so much, the others smaller in proportion."""
    moved = shares * (1 - shares[label] - points) / (1 - shares[label])
    moved[label] = shares[label] + points
    return moved


def joint(labels, label, points):
    """P(A says i, B says j), where B gives a label more often by so many points than A."""
    truth = true_shares(labels)
    says = RIGHT * np.eye(labels) + (1 - RIGHT) / labels
    table = (1 - JUDGED_ANEW) * np.diag(truth @ says) + JUDGED_ANEW * says.T @ np.diag(truth) @ says
    share = table.sum(axis=0)[label]
    turn = np.eye(labels)
    if points >= 0:
        # A part of the rows with another label from B becomes this label.
        part = points / (1 - share)
        turn = (1 - part) * turn
        turn[:, label] += part
    else:
        # A part of the rows with this label becomes others, evenly.
        part = -points / share
        turn[label] = part / (labels - 1)
        turn[label, label] = 1 - part
    return table @ turn


def week_pairs(runs, seed, *, m, labeller=0.0, users=0.0):
    """Simulate week pairs and count those that name a change.

    Args:
        m: relabelled rows of week 0.
        labeller: points by which B gives the planted label more often than A.
        users: points by which its share grows from week 0 to week 1, as B sees it.
    """
    rng = np.random.default_rng(seed)
    counts = []
    for classifier, labels in enumerate(LABELS):
        planted = classifier == PLANTED[0]
        table = joint(labels, PLANTED[1], labeller if planted else 0.0)
        seen_by_b = table.sum(axis=0)
        after = moved_to(seen_by_b, PLANTED[1], users if planted else 0.0)
        bridge = rng.multinomial(m, table.ravel(), runs).reshape(runs, labels, labels)
        rest = rng.multinomial(ROWS - m, table.sum(axis=1), runs)
        week_0 = bridge.sum(axis=2) + rest
        week_1 = rng.multinomial(ROWS, after, runs)
        both = np.einsum("rii->ri", bridge)
        counts.append((week_0, week_1, bridge.sum(axis=2) - both, bridge.sum(axis=1) - both))
    planted_at = sum(LABELS[: PLANTED[0]]) + PLANTED[1]
    named = np.zeros(6, dtype=int)
    for run in range(runs):
        raw, bridged = [], []
        for week_0, week_1, b, c in counts:
            for label in range(week_0.shape[1]):
                before, after = (share_of(int(week[run, label]), ROWS, ROWS, ROWS) for week in (week_0, week_1))
                raw.append(difference(after, before))
                bridged.append(bridged_change(before, after, m=m, b=int(b[run, label]), c=int(c[run, label])))
        real = [
            real_changes(raw),
            real_changes([each.users for each in bridged]),
            real_changes([each.labeller for each in bridged]),
        ]
        named += [*(any(each) for each in real), *(each[planted_at] for each in real)]
    return Named(*map(int, named))

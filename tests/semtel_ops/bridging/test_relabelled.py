"""What a bridge says, on the hand-worked example of the bridge's formulas."""

import pytest

from semtel_ops.bridging import bridges_of, joins
from semtel_ops.bridging.relabelled import BuiltBridge, Relabelled
from semtel_ops.evaluation.gold_pairs import Refused
from semtel_ops.evaluation.intervals import share_of

X, OTHER = frozenset({"x"}), frozenset({"y"})


def bridge(*rows):
    return BuiltBridge("topic", "2026-W46", "a", "b", tuple(Relabelled(*row) for row in rows))


def test_a_change_is_separated_into_the_labellers_part_and_the_users():
    # N = 20,000 each; 22.0% by A, 26.2% by B. Of m = 2,000 rows, 40 left the label and 110 came to it: L = 70/2,000 = +3.5
    # points. As B sees last week: 22.0 + 3.5, near 25.5; users: near 26.2 - 25.5 = +0.7.
    built = bridge((X, X, 1.0, 400), (OTHER, OTHER, 1.0, 1_450), (X, OTHER, 1.0, 40), (OTHER, X, 1.0, 110))
    before = {"x": share_of(4_400, 20_000, 20_000, 20_000), "y": share_of(15_600, 20_000, 20_000, 20_000)}
    now = {"x": share_of(5_240, 20_000, 20_000, 20_000), "y": share_of(14_760, 20_000, 20_000, 20_000)}
    x = built.changes(before, now)["x"]
    assert built.m == 2_000
    assert x.published.share == pytest.approx(0.22)
    assert x.change.labeller.change == pytest.approx(0.035)
    assert x.change.labeller.p_value < 1e-7
    assert x.change.before_as_seen.share == pytest.approx(0.255, abs=0.002)
    assert x.change.users.change == pytest.approx(0.007, abs=0.002)
    assert x.change.users.low < 0 < x.change.users.high


def test_a_label_that_only_one_week_has_is_counted_as_zero_in_the_other():
    built = bridge((X, X, 1.0, 50), (OTHER, OTHER, 1.0, 50))
    changes = built.changes({"x": share_of(100, 100, 100, 100)}, {"z": share_of(100, 100, 100, 100)})
    assert sorted(changes) == ["x", "y", "z"]
    assert changes["z"].published.share == 0


def test_a_bridge_of_too_few_rows_is_refused_with_the_number():
    found = bridge((X, X, 1.0, 5)).changes({"x": share_of(9, 9, 9, 9)}, {"x": share_of(9, 9, 9, 9)})
    assert isinstance(found, Refused)
    assert "5" in found.reason


def test_a_bridge_joins_its_own_labellers_alone():
    built = bridge((X, X, 1.0, 50))
    assert joins(built, "a", "b")
    assert not joins(built, "b", "a")
    assert not joins(BuiltBridge("topic", "2026-W46", "a", "b", why_not="it was not built"), "a", "b")


def test_bridges_are_read_from_their_document():
    entry = {
        "classifier": "topic", "before": "a", "now": "b", "m": 3, "why_not": None,
        "rows": [{"said": ["x"], "seen": ["y", "z"], "weight": 2.0, "rows": 3}],
    }  # fmt: skip
    found = bridges_of({"week": "2026-W46", "classifiers": [entry]})["topic"]
    assert (found.week, found.m) == ("2026-W46", 3)
    assert found.rows == (Relabelled(X, frozenset({"y", "z"}), 2.0, 3),)
    assert bridges_of(None) == {}

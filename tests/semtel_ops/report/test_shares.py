import pytest

from semtel_ops.evaluation.intervals import share_of
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.shares import COLUMNS, ROWS, label_shares, slice_shares
from semtel_ops.store import sql_engine
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import make_landed_rows, write_landed


def _rows(*answers: tuple[str, str, str | None, float], **columns) -> list[dict]:
    """(conversation, classifier, label, weight) as rows; a label of None is a failure."""
    [pattern] = make_landed_rows(conversations=1, labels={"x": {"x": 1}}, success=1)
    return [
        {**pattern, "conversation_id": conversation, "classifier": classifier, "label": label, "sample_weight": weight,
         "status": "success" if label else "error", **columns}
        for conversation, classifier, label, weight in answers
    ]  # fmt: skip


@pytest.fixture
def over(tmp_path):
    """A connection that sees the given rows, in two files."""
    with sql_engine.connect() as con:

        def see(rows: list[dict]):
            for at, row in enumerate(rows):
                row["shard"] = at % 2
            sql_engine.read(con, ROWS, write_landed(Lake(str(tmp_path)), rows), COLUMNS)
            return con

        yield see


def _facts(**changes) -> ClassifierInfo:
    return ClassifierInfo("topic", "Topic", **changes)


def test_a_share_is_of_the_weight_that_was_labelled(over):
    con = over(_rows(("1", "topic", "a", 1), ("2", "topic", "a", 2), ("3", "topic", "b", 3), ("4", "topic", None, 100)))
    a, b = sorted(label_shares(con, [_facts()]), key=lambda one: one.label)
    # a: (1 + 2) of 6; Σw² = 1 + 4 + 9; the failed row counts for nothing.
    assert (a.n, a.weight, a.share) == (2, 3.0, share_of(3, 6, 14, 3))
    assert (b.n, b.weight, b.share) == (1, 3.0, share_of(3, 6, 14, 3))


def test_a_group_is_the_sum_of_its_labels(over):
    con = over(_rows(("1", "topic", "a", 1), ("2", "topic", "b", 1), ("3", "topic", "c", 1), ("4", "topic", "d", 1)))
    shares = label_shares(con, [_facts(groups={"a": "low", "b": "low", "c": "high"})])
    groups = {one.label: one for one in shares if one.level == "group"}
    assert {name: (one.n, one.share.share) for name, one in groups.items()} == {"low": (2, 0.5), "high": (1, 0.25)}


def test_where_several_labels_apply_each_is_a_share_of_conversations(over):
    rows = _rows(("1", "topic", "a", 1), ("2", "topic", "b", 1))
    rows[0]["labels"], rows[1]["labels"] = ["a", "b", "a"], ["b"]
    shares = {one.label: (one.n, one.share.share) for one in label_shares(over(rows), [_facts(several=True)])}
    assert shares == {"a": (1, 0.5), "b": (2, 1.0)}


def test_rubric_items_are_shares_beside_the_verdict(over):
    rows = _rows(("1", "topic", "satisfied", 1), ("2", "topic", "neutral", 1))
    rows[0]["labels"], rows[1]["labels"] = ["gratitude"], []
    shares = label_shares(over(rows), [_facts(items={"gratitude": "Gratitude"})])
    assert [(one.label, one.share.share) for one in shares if one.level == "item"] == [("gratitude", 0.5)]
    assert sum(one.share.share for one in shares if one.level == "label") == 1


def test_a_slice_is_judged_by_its_own_conversations(over):
    answers = [("1", "sat", "yes", 1), ("2", "sat", "no", 3), ("3", "sat", "yes", 1), ("4", "sat", "yes", 1)]
    slices = [("1", "by", "x", 1), ("2", "by", "x", 3), ("3", "by", "y", 1), ("4", "by", None, 1)]
    shares, hidden = slice_shares(over(_rows(*answers, *slices)), "sat", "by", floor=1)
    found = {(one.by_label, one.label): (one.n, one.share.share, one.share.n) for one in shares}
    assert found == {("x", "yes"): (1, 0.25, 2), ("x", "no"): (1, 0.75, 2), ("y", "yes"): (1, 1.0, 1), ("y", "no"): (0, 0.0, 1)}
    assert hidden == 0


def test_a_slice_under_the_floor_is_counted_and_not_given(over):
    rows = _rows(*[(str(n), "sat", "yes", 1) for n in range(5)], *[(str(n), "by", "x" if n else "rare", 1) for n in range(5)])
    shares, hidden = slice_shares(over(rows), "sat", "by", floor=2)
    assert {one.by_label for one in shares} == {"x"}
    assert hidden == 1


def test_nothing_labelled_has_no_shares(over):
    con = over(_rows(("1", "topic", None, 1)))
    assert label_shares(con, [_facts()]) == []
    assert slice_shares(con, "topic", "other", floor=1) == ([], 0)

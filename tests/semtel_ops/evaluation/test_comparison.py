import random

import pytest

from semtel_ops.evaluation.comparison import compare, read_labels, spelled
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import make_landed_rows, write_landed


def labels_of(**by_classifier):
    """{"topic": "aab-"} → labels of conversations 0, 1, 2 and, where there is a dash, a row that is no success."""
    return {
        (str(at), name): None if label == "-" else label
        for name, letters in by_classifier.items()
        for at, label in enumerate(letters)
    }


def test_each_classifier_is_compared_and_then_all_of_them():
    baseline = labels_of(topic="aabb", mood="xxyy")
    results = compare(baseline, labels_of(topic="aaba", mood="xxyy"), ["topic", "mood"])
    assert [result.classifier for result in results] == ["topic", "mood", None]
    assert [result.agreement.share for result in results] == [0.75, 1.0, 0.875]
    # topic: observed 3/4; expected 1/2 * 3/4 + 1/2 * 1/4 = 1/2; kappa (3/4 - 1/2) / (1 - 1/2) = 1/2.
    assert [result.kappa.value for result in results] == pytest.approx([0.5, 1.0, 0.75])


def test_members_without_a_label_are_no_pair_and_are_counted():
    (result, overall) = compare(labels_of(topic="aab-"), labels_of(topic="a-bb"), ["topic"])
    assert (result.agreement.n, result.unpaired, overall.unpaired) == (2, 1, 1)


def test_a_classifier_that_the_baseline_does_not_know_is_left_out():
    assert [
        result.classifier for result in compare(labels_of(topic="ab"), labels_of(topic="ab", mood="xy"), ["topic", "mood"])
    ] == [
        "topic",
        None,
    ]
    assert compare({}, labels_of(topic="ab"), ["topic"]) == []


def test_one_label_only_has_no_kappa_and_leaves_the_mean_alone():
    results = compare(labels_of(topic="aabb", mood="xxxx"), labels_of(topic="aabb", mood="xxxx"), ["topic", "mood"])
    assert [result.kappa.value for result in results] == [1.0, None, 1.0]


def noisy(share, *, shared, n=400, seed=1):
    """Baseline and labels of two classifiers, wrong in `share` of conversations: in the same ones, or each in its own."""
    draw = random.Random(seed)
    baseline, labels = {}, {}
    for at in range(n):
        both = draw.random() < share
        for name in ("topic", "mood"):
            label = draw.choice("ab")
            wrong = both if shared else draw.random() < share
            baseline[str(at), name] = label
            labels[str(at), name] = {"a": "b", "b": "a"}[label] if wrong else label
    return compare(baseline, labels, ["topic", "mood"])


def test_errors_that_come_together_widen_the_interval_over_all():
    alone, together = noisy(0.2, shared=False)[-1], noisy(0.2, shared=True)[-1]
    assert together.kappa.high - together.kappa.low > 1.15 * (alone.kappa.high - alone.kappa.low)
    assert together.agreement.high - together.agreement.low > 1.15 * (alone.agreement.high - alone.agreement.low)


def test_the_interval_of_the_mean_kappa_covers_the_truth_about_as_often_as_it_says():
    # Two labels, equally frequent, and errors at 20 %: kappa is 1 - 2 * 0.2.
    hits = sum(
        result.kappa.low <= 0.6 <= result.kappa.high
        for result in (noisy(0.2, shared=False, seed=seed)[-1] for seed in range(60))
    )
    assert hits >= 52


def test_labels_are_read_from_rows_whatever_their_kind(tmp_path):
    rows = make_landed_rows()
    rows[0] |= {"status": "invalid_output", "label": None}
    lake = Lake(str(tmp_path))
    write_landed(lake, rows)
    labels = read_labels(
        [lake.run(rows[0]["week"], rows[0]["run_id"]).landed(shard) for shard in {row["shard"] for row in rows}]
    )
    assert len(labels) == len(rows)
    assert labels[rows[0]["conversation_id"], rows[0]["classifier"]] is None
    assert spelled("b", ["b", "a"]) == "a + b"
    assert spelled("satisfied", ["gratitude"]) == "satisfied", "a rubric's items are not its label"

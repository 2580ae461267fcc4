"""A run against labels by people: agreement for each classifier that has any, on record with the run."""

import json

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import Settings
from semtel_ops.steps.evaluate import evaluate_run
from semtel_ops.store.files import read_json
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import write_finished_run
from tests.support.shards import conversation_row, write_conversations

LABELS = ("technology", "technology", "health", "money")
GOLDEN = ("technology", "health", "health", "money")


@pytest.fixture
def evaluate(tmp_path):
    """`evaluate(golden, …)`: the run of four conversations with these golden labels, evaluated."""

    def run(golden, classifiers=("topic",), labels=LABELS, **changes):
        rows = make_landed_rows(conversations=4, labels={name: {"science": 1} for name in classifiers}, shards=1, success=1.0)
        for row in rows:
            at = int(row["conversation_id"][1:])
            row.update({"label": labels[at], **changes})
        url = write_finished_run(tmp_path, rows=rows, include=Settings().include)
        conversations = [
            conversation_row(at, conversation_id=f"c{at:06d}", labels_json=None if wanted is None else json.dumps(wanted))
            for at, wanted in enumerate(golden)
        ]
        write_conversations(RunPlan.load(url), conversations)
        return url, evaluate_run(url)

    return run


def topics(*labels):
    return [{"topic": label} for label in labels]


def test_agreement_and_kappa_are_of_the_pairs_and_on_record(evaluate):
    url, result = evaluate(topics(*GOLDEN))
    found = result["topic"]
    assert (found["n"], found["agreement"]["share"]) == (4, 0.75)
    # By chance: technology 1/4 * 2/4, health 2/4 * 1/4, money 1/4 * 1/4 = 5/16; (3/4 - 5/16) / (1 - 5/16) = 7/11.
    assert found["kappa"]["value"] == pytest.approx(7 / 11)
    assert (found["weighted_kappa"], found["unanswered"], found["unreadable"]) == (None, 0, 0)
    assert (result["run"], result["week"]) == (url, "2026-W47")
    assert read_json(RunPlan.load(url).folder.gold) == {"topic": found}


def test_evaluated_twice_it_is_the_same(evaluate):
    url, result = evaluate(topics(*GOLDEN))
    assert evaluate_run(url) == result


def test_a_classifier_without_golden_labels_is_left_out(evaluate):
    _, result = evaluate([{"topic": "technology"}, None, {}, {"other": 1}], classifiers=("topic", "task_complexity"))
    assert set(result) == {"run", "week", "topic"}
    assert result["topic"]["n"] == 1


def test_a_scale_also_has_a_weighted_kappa(evaluate):
    golden = [{"user_expertise": label} for label in ("novice", "beginner", "beginner", "expert")]
    _, result = evaluate(golden, classifiers=("user_expertise",), labels=("novice", "beginner", "expert", "expert"))
    # Squared distances of the levels 1, 2 and 5: 9/4 observed, 96/16 by chance.
    assert result["user_expertise"]["weighted_kappa"]["value"] == pytest.approx(1 - (9 / 4) / 6)


def test_what_is_no_label_and_what_has_no_answer_are_counted_apart(evaluate):
    _, result = evaluate(topics("technology", "no such topic", "health", "money"))
    assert (result["topic"]["n"], result["topic"]["unreadable"]) == (3, 1)
    _, result = evaluate(topics(*GOLDEN), status="error", label=None)
    assert (result["topic"]["n"], result["topic"]["unanswered"]) == (0, 4)


def test_a_run_without_golden_labels_says_where_they_belong(evaluate):
    with pytest.raises(ConfigError, match=r"records need `labels` under a classifier's id \(topic\)"):
        evaluate([None] * 4)

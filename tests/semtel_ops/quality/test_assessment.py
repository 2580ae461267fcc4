"""Every check, passing and failing, through Great Expectations."""

import pyarrow.parquet as pq
import pytest

from semtel_ops.extensions import QUALITY_CHECKS
from semtel_ops.quality.counts import AllowedLabels
from semtel_ops.quality.drift import LabellerChange, ShareChange
from semtel_ops.settings import CheckPolicy, QualityConfig, Severity


def test_a_sound_week_passes_everything(judge, rows):
    results = judge(rows())
    contract = {"schema", "row_values", "rows_complete", "rows_unique", "status_known", "label_known"}
    without_history = set(QUALITY_CHECKS.names()) - {"label_share_change"}
    assert {id_ for id_, _ in results} == contract | without_history
    assert [result.name for result in results.values() if not result.passed] == []


def test_one_classifier_failing_leaves_the_other_passed(judge, rows):
    made = rows(conversations=100)
    for row in made[:20]:
        if row["classifier"] == "topic":
            row.update(status="refused", label=None)
    results = judge(made)
    failed = results["non_success_share", "topic"]
    assert (failed.passed, failed.severity, failed.observed, failed.expected) == (
        False,
        Severity.STOP,
        "10.0%",
        "at most 5.0%",
    )
    assert failed.notes == "10 refused; for example c000000, c000001, c000002"
    assert results["non_success_share", "knowledge_work"].passed


def test_missing_rows_stop(judge, rows):
    results = judge(rows(conversations=100)[:-1], only=["rows_complete"])
    failed = results["rows_complete", "knowledge_work"]
    assert (failed.passed, failed.observed, failed.expected) == (False, "1 row", "none")
    assert failed.notes == "99 conversations have rows, 100 were sampled"
    assert results["rows_complete", "topic"].passed


def test_rows_of_a_shard_that_never_landed_are_judged_as_missing_and_as_nothing_else(judge, rows):
    made = rows(conversations=100)
    for row in made[:20]:
        row.update(status="missing", label=None, packed_with=0, attempts=0)
    results = judge(made)
    assert {check for (check, _), result in results.items() if not result.passed} == {"non_success_share"}


def test_two_rows_for_one_member_stop(judge, rows):
    made = rows()
    results = judge([*made, dict(made[0])], only=["rows_unique"])
    assert not results["rows_unique", "topic"].passed
    assert results["rows_unique", "topic"].notes == "for example c000000"
    assert not results["row_values", None].passed
    assert "one row per conversation and classifier: violated by 2 rows" in results["row_values", None].notes


def test_a_label_of_another_classifier_stops(judge, rows):
    made = rows()
    made[0]["label"] = "yes"
    results = judge(made, only=["label_known"])
    assert not results["label_known", "topic"].passed
    assert "topic: label is allowed" in results["row_values", None].notes


def test_a_status_outside_the_set_stops(judge, rows):
    made = rows()
    made[1]["status"] = "fine"
    results = judge(made, only=["status_known"])
    assert not results["status_known", "knowledge_work"].passed
    assert results["status_known", "topic"].passed


@pytest.mark.parametrize(
    "values",
    [
        {"sample_weight": 0.0, "confidence": 1.5, "packed_with": 0},
        {"cost_usd": -1.0, "attempts": -1, "input_tokens": -5},
    ],
)
def test_a_value_that_cannot_be_stops(judge, rows, values):
    made = rows(conversations=40)
    for at, (field, value) in enumerate(values.items()):
        made[3 + at][field] = value
    result = judge(made, only=())["row_values", None]
    assert not result.passed
    *details, checked = result.notes.split("; ")
    assert sorted(detail.split(" is ")[0] for detail in details) == sorted(values)
    assert all(detail.endswith(": violated by 1 row") for detail in details)
    assert checked == "80 of 80 rows checked"


def test_files_of_another_schema_stop_and_nothing_else_is_asked(judge, rows, land):
    made = rows(conversations=10)
    urls = land(made)
    pq.write_table(pq.read_table(urls[1]).drop_columns(["attempts"]), urls[1])
    results = judge(made, urls=urls)
    assert list(results) == [("schema", None)]
    assert not results["schema", None].passed
    assert "attempts is absent, not int32, in shard=0001.parquet" in results["schema", None].notes


def test_nothing_landed_is_a_stop_not_an_error(judge):
    results = judge([], urls=[], sampled=10)
    assert not results["rows_complete", "topic"].passed
    assert results["schema", None].notes == "no rows have landed"


def test_a_model_stuck_on_one_label_is_noticed(judge, rows):
    made = rows()
    for row in made:
        if row["classifier"] == "topic":
            row["label"] = "health"
    results = judge(made)
    assert (results["constant_output_share", "topic"].passed, results["constant_output_share", "topic"].observed) == (
        False,
        "100.0%",
    )
    assert results["constant_output_share", "knowledge_work"].passed


def test_shares_of_few_rows_are_shown_but_not_judged(judge, rows):
    made = rows(conversations=20)
    made[0].update(status="error", label=None)
    made[2].update(status="error", label=None)
    result = judge(made, only=["non_success_share"])["non_success_share", "topic"]
    assert (result.passed, result.observed) == (True, "10.0%")
    assert "not judged: 20 rows, fewer than min_rows = 30" in result.notes


def test_that_nothing_succeeded_is_judged_at_any_size(judge, rows):
    made = rows(conversations=5)
    for row in made:
        row.update(status="error", label=None)
    assert not judge(made, only=["non_success_share"])["non_success_share", "topic"].passed


def test_the_runs_own_shares_and_cost_have_bounds(judge, rows):
    results = judge(rows(truncated=0.9), quarantined=500, cost_usd=50.0)
    for check, observed in {"quarantined_share": "33.3%", "cost_per_conversation_usd": "$0.50"}.items():
        assert (results[check, None].passed, results[check, None].observed) == (False, observed)
    assert not results["truncated_share", None].passed


def test_an_unknown_cost_is_not_judged(judge, rows):
    result = judge(rows(conversations=40), cost_usd=None, only=["cost_per_conversation_usd"])["cost_per_conversation_usd", None]
    assert (result.passed, result.observed, result.notes) == (True, "unknown", "not judged: a model has no known price")


def change(label, now, before, **other):
    return ShareChange(
        **{
            "classifier": "topic",
            "label": label,
            "n": 100,
            "share": now,
            "before": before,
            "is_real": True,
            "weeks": 2,
            **other,
        }
    )


@pytest.fixture
def judge_changes(judge):
    """The result of each classifier about these changes of its shares; no row is needed."""

    def run(*changes):
        results = judge([], urls=[], changes=changes, only=["label_share_change"])
        return {classifier: result for (check, classifier), result in results.items() if check == "label_share_change"}

    return run


def test_a_large_real_change_warns_and_names_the_label(judge_changes):
    result = judge_changes(change("health", 0.4, 0.1), change("money", 0.2, 0.25))["topic"]
    assert (result.passed, result.severity, result.observed) == (False, Severity.WARN, "30.0%")
    assert result.notes == "health 10.0% → 40.0%"


def test_noise_few_rows_and_small_changes_pass(judge_changes):
    results = judge_changes(
        change("health", 0.4, 0.1, classifier="noise", is_real=False),
        change("health", 0.4, 0.1, classifier="few", n=20),
        change("health", 0.2, 0.1, classifier="small"),
        change("health", 0.4, 0.1, classifier="large"),
    )
    assert {name: result.passed for name, result in results.items()} == {
        "noise": True, "few": True, "small": True, "large": False,
    }  # fmt: skip


def test_what_stands_beside_a_change_and_why_one_is_not_judged(judge_changes):
    reason = "the labeller changed from mini to luna"
    untold = {"weeks": 0, "is_real": False}
    results = judge_changes(
        change("health", 0.4, 0.0, classifier="first week", **untold),
        change("health", 0.4, 0.0, classifier="other labeller", not_compared=reason, **untold),
        change("health", 0.4, 0.1, classifier="other question", versions=("1.0.0", "2.0.0")),
        change("health", 0.4, 0.1, classifier="bridge", labeller=0.03),
    )
    assert [(results[name].passed, results[name].observed) for name in ("first week", "other labeller")] == [
        (True, "no history"), (True, "no history"),
    ]  # fmt: skip
    assert "no published week" in results["first week"].notes
    assert results["other labeller"].notes == reason
    assert "versions in these weeks differ: 1.0.0, 2.0.0" in results["other question"].notes
    assert results["bridge"].notes == "health 10.0% → 40.0% (users; beside it, the labeller changed it by +3.0 points)"


@pytest.mark.parametrize(("known", "observed"), [(False, "1 classifier"), (True, "none")])
def test_a_labeller_that_changed_unexplained_is_warned_of(judge, known, observed):
    seen = [LabellerChange("topic", "the labeller changed from mini to luna", known)]
    result = judge([], urls=[], labellers=seen, only=["labeller_change"])["labeller_change", None]
    assert (result.passed, result.severity, result.observed) == (known, Severity.WARN, observed)
    assert result.notes == ("" if known else "topic: the labeller changed from mini to luna")


def test_severities_and_limits_are_configured(judge, rows):
    made = rows()
    for row in made[:20]:
        row.update(status="error", label=None)
    config = QualityConfig(
        non_success_share=CheckPolicy(severity=Severity.WARN, limit=0.08),
        constant_output_share=CheckPolicy(severity=Severity.OFF, limit=0.1),
        truncated_share=CheckPolicy(severity=Severity.STOP, limit=None),
        min_rows=1,
    )
    results = judge(made, config=config)
    assert results["non_success_share", "topic"].severity is Severity.WARN
    assert not results["non_success_share", "topic"].passed
    assert {"constant_output_share", "truncated_share"}.isdisjoint(id_ for id_, _ in results)


def test_a_classifier_of_ones_own_is_checked_like_any_other(judge, rows):
    made = [{**row, "classifier": "tone's own", "label": "warm"} for row in rows() if row["classifier"] == "topic"]
    labels = (AllowedLabels("tone's own", ("warm", "cold")),)
    assert judge(made, labels=labels, only=["label_known"])["label_known", "tone's own"].passed
    made[0]["label"] = "hot"
    results = judge(made, labels=labels, only=["label_known"])
    assert not results["label_known", "tone's own"].passed
    assert "tone's own: label is allowed: violated by 1 row" in results["row_values", None].notes

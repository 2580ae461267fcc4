"""A run's shares are judged against the weeks that its labeller may be compared with."""

import pytest

from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.share_changes import week_changes
from semtel_ops.store.files import list_files, write_json
from semtel_ops.testing.landed import landed_labeller, make_landed_rows
from tests.support.finished_run import write_finished_run

CLASSIFIER = "knowledge_work"
BEFORE, WEEK = "2026-W46", "2026-W47"
MINI, LUNA = "mini", "luna"


@pytest.fixture
def changes(tmp_path, monkeypatch):
    """`changes(yes, models, bridge)`: those of a week after a published week of 400 by mini, half of it yes."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")

    def run(week, yes, models):
        rows = make_landed_rows(
            week=week, conversations=400, success=1, labels={CLASSIFIER: {"yes": yes, "no": 1 - yes}},
            endpoints=[("east", model) for model in models],
        )  # fmt: skip
        return write_finished_run(tmp_path / "lake", week=week, rows=rows)

    publish_run(run(BEFORE, 0.5, [MINI]))

    def of(yes, *models, bridge=None):
        plan = RunPlan.load(run(WEEK, yes, models))
        if bridge is not None:
            write_json(plan.folder.bridge, bridge)
        return week_changes(plan, list_files(plan.folder.landed_folder, ".parquet"))

    return of


def bridge(moved, rows=200):
    """A bridge from mini to luna, of which `moved` rows went from no to yes."""
    kinds = [(["yes"], ["yes"], rows // 2), (["no"], ["no"], rows // 2 - moved), (["no"], ["yes"], moved)]
    entry = {
        "classifier": CLASSIFIER, "before": landed_labeller(CLASSIFIER, MINI), "now": landed_labeller(CLASSIFIER, LUNA),
        "m": rows, "why_not": None,
        "rows": [{"said": said, "seen": seen, "weight": 1.0, "rows": n} for said, seen, n in kinds],
    }  # fmt: skip
    return {"week": BEFORE, "classifiers": [entry]}


def test_a_week_of_the_same_labeller_has_the_week_before_as_its_history(changes):
    shares, labellers = changes(0.8, MINI)
    assert {change.weeks for change in shares} == {1}
    assert all(change.is_real for change in shares)
    assert labellers == []


def test_a_week_of_another_labeller_has_no_history_and_says_why(changes):
    shares, (labeller,) = changes(0.8, LUNA)
    assert {(change.weeks, change.is_real) for change in shares} == {(0, False)}
    assert {change.not_compared for change in shares} == {"the labeller changed from mini to luna"}
    assert (labeller.classifier, labeller.known) == (CLASSIFIER, False)


def test_over_a_bridge_only_the_users_part_is_judged(changes):
    # 60 of 200 rows of last week went to yes: +30 points are the labeller's, and so is the rise from 50% to 80%.
    shares, (labeller,) = changes(0.8, LUNA, bridge=bridge(60))
    yes = next(change for change in shares if change.label == "yes")
    assert yes.labeller == pytest.approx(0.3)
    assert yes.before == pytest.approx(0.8, abs=0.06)
    assert abs(yes.change) < 0.08
    assert not yes.is_real
    assert labeller.known


def test_the_users_part_is_found_beside_a_labeller_that_did_nothing(changes):
    shares, _ = changes(0.8, LUNA, bridge=bridge(0))
    yes = next(change for change in shares if change.label == "yes")
    assert yes.labeller == 0
    assert yes.is_real


def test_a_week_of_two_labellers_is_not_compared(changes):
    shares, (labeller,) = changes(0.5, MINI, LUNA, bridge=bridge(0))
    assert {change.weeks for change in shares} == {0}
    assert labeller.reason.startswith("2 labellers labelled this week")
    assert not labeller.known

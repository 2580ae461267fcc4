"""What is published of a bridge is what its report says."""

from datetime import UTC, datetime

import pytest

from semtel_ops.bridging.recorded import recorded_bridges
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.published_bridges import published_bridges
from semtel_ops.store.bridge_ledger import BridgeLedger
from semtel_ops.store.files import write_json
from semtel_ops.testing.landed import landed_labeller, make_landed_rows
from tests.support.finished_run import write_finished_run

CLASSIFIER, BEFORE, WEEK = "knowledge_work", "2026-W46", "2026-W47"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def run(tmp_path, ledger_url, monkeypatch):
    """`run(week, model, yes)`: a finished run of 400 conversations."""
    monkeypatch.setenv("DATABASE_URL", ledger_url)

    def make(week, model, yes):
        rows = make_landed_rows(
            week=week, conversations=400, success=1, labels={CLASSIFIER: {"yes": yes, "no": 1 - yes}},
            endpoints=[("east", model)],
        )  # fmt: skip
        return RunPlan.load(write_finished_run(tmp_path / "lake", week=week, rows=rows))

    return make


def test_both_parts_of_each_change_are_published_with_the_week_and_replaced_with_it(run, ledger):
    publish_run(run(BEFORE, "mini", 0.5).url)
    plan = run(WEEK, "luna", 0.8)
    kinds = [(["yes"], ["yes"], 100), (["no"], ["no"], 40), (["no"], ["yes"], 60)]
    before, now = landed_labeller(CLASSIFIER, "mini"), landed_labeller(CLASSIFIER, "luna")
    entry = {
        "classifier": CLASSIFIER, "before": before, "now": now, "m": 200, "why_not": None,
        "rows": [{"said": said, "seen": seen, "weight": 1.0, "rows": n} for said, seen, n in kinds],
    }  # fmt: skip
    write_json(plan.folder.bridge, {"week": BEFORE, "classifiers": [entry]})
    publish_run(plan.url)
    rows = {row.label: row for row in BridgeLedger(ledger).rows([WEEK])}
    yes = rows["yes"]
    # 60 of 200 rows went to yes and none left it: +30 points through the labeller, which is significant; the users did nothing.
    assert (yes.m, yes.only_before, yes.only_now, yes.labeller_change) == (200, 0, 60, pytest.approx(0.3))
    assert (yes.labeller_is_real, yes.users_is_real) == (True, False)
    assert (yes.week_before, yes.labeller_before, yes.labeller) == (BEFORE, before, now)
    assert yes.users_low < yes.users_change < yes.users_high
    recorded = recorded_bridges(ledger, WEEK)[CLASSIFIER]
    assert (recorded.week, recorded.m, set(recorded.labels)) == (BEFORE, 200, {"yes", "no"})
    assert recorded.labels["yes"].change.labeller.change == pytest.approx(0.3)

    publish_run(run(WEEK, "mini", 0.5).url)
    assert BridgeLedger(ledger).rows([WEEK]) == []


def test_a_run_without_a_bridge_publishes_none(run, ledger):
    publish_run(run(BEFORE, "mini", 0.5).url)
    assert published_bridges(run(WEEK, "mini", 0.5), ledger, [], [], NOW) == []

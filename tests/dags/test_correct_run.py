"""The DAG that corrects shares, with its real step, on a lake with one published week and gold labels."""

import pytest

from semtel_ops.steps.publish import publish_run
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import write_finished_run
from tests.support.gold_labels import save_gold

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

WEEK = "2026-W47"


@pytest.fixture
def database(tmp_path, monkeypatch, project_root):
    url = f"sqlite:///{tmp_path}/ledger.db"
    for name, value in {
        "SEMTEL_LAKE": tmp_path / "lake", "SEMTEL_INCLUDE": project_root / "include", "DATABASE_URL": url
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    rows = make_landed_rows(conversations=200, labels={"topic": {"technology": 60.0, "writing": 40.0}}, success=1.0)
    publish_run(write_finished_run(tmp_path / "lake", rows=rows))
    with open_ledger(url) as ledger:
        save_gold(ledger, {row["conversation_id"]: "writing" for row in rows[:60]}, population=200)
    return url


@pytest.mark.parametrize("form", [{}, {"week": WEEK}])
def test_gold_labels_are_in_the_shares_after_it_ran(run_dag, database, form):
    state, states = run_dag("semtel_correct", form)
    assert state == "success", states
    with open_ledger(database) as ledger:
        assert {(share.corrected_method, share.corrected_n) for share in ledger.weekly_shares([WEEK])} == {("two_phase", 60)}


def test_a_week_that_is_not_published_fails_it(run_dag, database):
    assert run_dag("semtel_correct", {"week": "2026-W01"})[1]["correct"] == "failed"

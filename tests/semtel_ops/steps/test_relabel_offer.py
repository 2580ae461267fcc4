"""The offer to label earlier weeks again says what they would cost, from what the bridge cost."""

import pyarrow as pa
import pytest

from semtel_ops.steps.relabel_offer import relabel_offer
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.files import write_json
from semtel_ops.store.ledger import upsert
from semtel_ops.store.parquet import write_table
from semtel_ops.store.tables import CONVERSATIONS
from tests.support.shards import conversation_row, make_plan

BRIDGE = {
    "week": "2026-W46", "conversations": 100, "cost_usd": 0.5,
    "classifiers": [{"classifier": "topic", "before": "a", "now": "b", "m": 100, "why_not": None, "rows": []}],
}  # fmt: skip


@pytest.fixture
def plan(tmp_path, ledger, ledger_url, monkeypatch):
    """A run after two published weeks, of 30 and 10 conversations; only the later's are in the lake."""
    monkeypatch.setenv("DATABASE_URL", ledger_url)
    made = make_plan(tmp_path)
    row = {
        "run_id": "earlier", "classifier": "topic", "level": "label", "label": "health", "classifier_version": "1.0.0",
        "n": 10, "total_n": 10, "effective_n": 10.0, "weight": 10.0, "share": 1.0, "low": 0.0, "high": 1.0,
    }  # fmt: skip
    with ledger.write() as connection:
        upsert(connection, tables.weekly_share, [{**row, "week": week} for week in ("2026-W45", "2026-W46")])
    rows = [conversation_row(at, week="2026-W46") for at in range(10)]
    write_table(made.paths.conversations("2026-W46", 0), pa.Table.from_pylist(rows, schema=CONVERSATIONS))
    return made


def test_a_run_without_a_bridge_offers_nothing(plan):
    assert relabel_offer(plan) is None
    without = {**BRIDGE["classifiers"][0], "m": 0, "why_not": "it was not built"}
    write_json(plan.folder.bridge, {**BRIDGE, "classifiers": [without]})
    assert relabel_offer(plan) is None


def test_the_price_is_that_of_the_bridges_conversations_for_weeks_whose_text_is_kept(plan):
    # $0.50 for 100 conversations are $0.05 for the 10 of 2026-W46; the text of 2026-W45 is gone.
    write_json(plan.folder.bridge, BRIDGE)
    offer = relabel_offer(plan)
    assert offer.sentence == (
        "The earlier week with 10 conversations can be labelled again by the new labeller (about $0.05): "
        "semtel reprocess --week 2026-W46 --rows all --classifiers topic --reason 'new labeller'"
    )
    assert offer.form == {"week": "2026-W46", "until": "", "rows": "all", "classifiers": "topic", "reason": "new labeller"}


def test_the_form_has_the_last_of_several_weeks(plan):
    write_json(plan.folder.bridge, BRIDGE)
    rows = [conversation_row(at, week="2026-W45") for at in range(30)]
    write_table(plan.paths.conversations("2026-W45", 0), pa.Table.from_pylist(rows, schema=CONVERSATIONS))
    assert (relabel_offer(plan).form["week"], relabel_offer(plan).form["until"]) == ("2026-W45", "2026-W46")


def test_an_unknown_price_is_said_to_be_unknown(plan):
    write_json(plan.folder.bridge, {**BRIDGE, "cost_usd": None})
    assert "(cost unknown)" in relabel_offer(plan).sentence

import json
from pathlib import Path

import pytest

from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.page import NotThereError, PageContext
from semtel_ops.page.conversation import conversation_view
from semtel_ops.page.quarantine import PAGE_ROWS, quarantine_view, unlabelled_view
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import make_landed_rows, write_landed
from tests.support.ledger_year import run_of


@pytest.fixture
def filled(source, last, tmp_path):
    """A lake with a quarantine of sixty entries and one broken line."""
    lake = Lake(str(tmp_path))
    place = Path(lake.run(last, run_of(last)).quarantine("extract"))
    place.parent.mkdir(parents=True)
    entries = [{"place": f"a.jsonl:{at}", "reason": "not JSON" if at % 3 else "no turn", "detail": "x"} for at in range(60)]
    place.write_text("\n".join([*map(json.dumps, entries), '{"place": "cut']) + "\n", encoding="utf-8")
    return PageContext(source.ledger, lake, source.prompts)


def test_entries_are_counted_by_reason_and_come_a_page_at_a_time(filled, last):
    first = quarantine_view(filled, last, run_of(last))
    assert first["reasons"] == [
        {"reason": "not JSON", "count": 40},
        {"reason": "no turn", "count": 20},
        {"reason": "unreadable quarantine entry", "count": 1},
    ]
    assert (first["total"], len(first["entries"])) == (61, PAGE_ROWS)
    rest = [quarantine_view(filled, last, run_of(last), offset=at)["entries"] for at in range(0, 61, PAGE_ROWS)]
    assert sum(map(len, rest)) == 61


def test_one_reason_can_be_looked_at_alone(filled, last):
    view = quarantine_view(filled, last, run_of(last), reason="no turn")
    assert view["matching"] == 20
    assert {entry["reason"] for entry in view["entries"]} == {"no turn"}
    with pytest.raises(NotThereError):
        quarantine_view(filled, last, run_of(last), reason="' or 1=1 --")


def test_a_run_that_set_nothing_aside_has_an_empty_quarantine(source, last):
    assert quarantine_view(source, last, run_of(last))["total"] == 0
    assert unlabelled_view(source, last, run_of(last))["total"] == 0


def test_rows_without_a_label_are_listed_without_what_the_model_said(filled, last):
    rows = make_landed_rows(week=last, run_id=run_of(last), conversations=100, success=0.7)
    write_landed(filled.lake, rows)
    view = unlabelled_view(filled, last, run_of(last))
    assert view["total"] == sum(row["status"] != "success" for row in rows)
    assert len(view["rows"]) == PAGE_ROWS
    assert set(view["rows"][0]) == {
        "conversation_id", "shard", "classifier", "status", "error", "lane", "endpoint", "attempts",
    }  # fmt: skip
    second = unlabelled_view(filled, last, run_of(last), offset=PAGE_ROWS)["rows"]
    assert not {(row["conversation_id"], row["classifier"]) for row in view["rows"]} & {
        (row["conversation_id"], row["classifier"]) for row in second
    }


def test_ids_that_may_be_personal_are_shown_to_those_who_may_read_text_alone(filled, last):
    rows = make_landed_rows(week=last, run_id=run_of(last), conversations=10, success=0.0)
    write_landed(filled.lake, [{**row, "conversation_id": "ada@example.com"} for row in rows])
    assert {row["conversation_id"] for row in unlabelled_view(filled, last, run_of(last))["rows"]} == {
        shown_id("ada@example.com")
    }
    whole = unlabelled_view(filled, last, run_of(last), may_read_text=True)
    assert {row["conversation_id"] for row in whole["rows"]} == {"ada@example.com"}


def test_a_conversation_is_found_by_its_id_alone(filled, last):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from semtel_ops.store.tables import CONVERSATIONS

    row = {"week": last, "shard": 0, "conversation_id": "o'neil", "content_hash": "h", "chars": 2, "sample_weight": 1.0}
    turns = [{"role": "user", "content": "Hi"}]
    place = Path(filled.lake.conversations(last, 0))
    place.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([{**row, "turns": turns}], schema=CONVERSATIONS), place)
    assert conversation_view(filled, last, "o'neil")["turns"] == turns
    for wrong in ("' or '1'='1", "nobody"):
        with pytest.raises(NotThereError):
            conversation_view(filled, last, wrong)

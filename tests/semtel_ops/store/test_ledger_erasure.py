import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.erasure import REMOVED
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldAnswer, GoldDraw, GoldItem, GoldLabel, GoldRuling, Stratum
from semtel_ops.store.label_rows import replace_week
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_erasure import compact, erase_examples, erase_gold, erase_labels, erase_weeks
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.landed import make_landed_rows, write_landed

WEEK = "2026-W47"
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def ledger(ledger_url: str, tmp_path: Path) -> Any:
    """A ledger with the label rows of 20 conversations, and texts that name one of them."""
    rows = make_landed_rows(conversations=20, week=WEEK)
    name = rows[0]["conversation_id"]
    body = json.dumps({"examples": [name, "other"], "what": "a week"})
    with open_ledger(ledger_url) as opened:
        with opened.write() as connection:
            replace_week(connection, WEEK, write_landed(Lake(f"{tmp_path}/lake"), rows))
            connection.execute(
                insert(tables.alert).values(
                    week=WEEK, run_id="r", key="k", kind="gate_stopped", severity="warning", state="open", what="w", body=body,
                    raised_at=NOW, changed_at=NOW,
                )
            )  # fmt: skip
        check = {"id": "non_success_share", "passed": False, "severity": "warn", "notes": f"1 row; for example {name}, other"}
        opened.save_quality(WEEK, "r", [check])
        opened.conversation_id = name
        yield opened


def test_rows_and_examples_leave_the_ledger_and_the_others_stay(ledger: Any) -> None:
    ids = {ledger.conversation_id, "nobody"}
    for _ in range(2):
        assert erase_labels(ledger, ids, go=False) == 5, "counting changes nothing"
        assert erase_examples(ledger, ids, go=False) == 2
    assert (erase_labels(ledger, ids, go=True), erase_examples(ledger, ids, go=True)) == (5, 2)
    compact(ledger)
    assert (erase_labels(ledger, ids, go=False), erase_examples(ledger, ids, go=False)) == (0, 0)
    with ledger.read() as connection:
        assert len(connection.execute(select(tables.label)).all()) == 95
        assert json.loads(connection.execute(select(tables.alert.c.body)).scalar_one())["examples"] == [REMOVED, "other"]
    (check,) = ledger.quality(WEEK, "r")
    assert check["notes"] == f"1 row; for example {REMOVED}, other"


def test_nothing_of_a_deleted_row_is_left_in_the_files_of_sqlite(ledger: Any, tmp_path: Path) -> None:
    if ledger.dialect != "sqlite":
        pytest.skip("PostgreSQL's files are not ours to read")
    files = [path for path in (tmp_path / "deep").iterdir() if path.is_file()]
    assert any(ledger.conversation_id.encode() in path.read_bytes() for path in files)
    erase_labels(ledger, {ledger.conversation_id}, go=True)
    erase_examples(ledger, {ledger.conversation_id}, go=True)
    compact(ledger)
    assert not any(ledger.conversation_id.encode() in path.read_bytes() for path in (tmp_path / "deep").iterdir())


def test_the_rows_of_a_week_are_counted_and_then_deleted(ledger: Any) -> None:
    assert erase_weeks(ledger, ["2026-W01"], go=True) == 0
    assert erase_weeks(ledger, [WEEK], go=False) == erase_weeks(ledger, [WEEK], go=True) == 100
    assert erase_weeks(ledger, [WEEK], go=False) == 0


def test_gold_of_a_conversation_leaves_every_table_and_that_of_others_stays(ledger: Any) -> None:
    gold = GoldLedger(ledger)
    draw = GoldDraw("d", WEEK, "r", "s", 2, 2, 20, ("topic",), (Stratum("", 20, 2),), (), 1.0, NOW, "ada")
    items = [GoldItem("d", one, at, "", 0.1, 1.0, 0, True, WEEK, "r") for at, one in enumerate(("secret-id", "other"))]
    answers = [GoldAnswer("d", item.conversation_id, "topic", "r", "health", None, None, None, "1.0.0", NOW) for item in items]
    gold.save_draw(draw, items, answers)
    gold.save_labels(
        [GoldLabel("d", one, "topic", "ada", "health", None, False, "page", None, NOW) for one in ("secret-id", "other")]
    )
    gold.save_ruling(GoldRuling("d", "secret-id", "topic", "health", None, "ada", NOW))
    assert erase_gold(ledger, {"secret-id", "nobody"}, go=False) == 4
    assert erase_gold(ledger, {"secret-id"}, go=True) == 4
    compact(ledger)
    assert erase_gold(ledger, {"secret-id"}, go=False) == 0
    assert [row.conversation_id for row in gold.labels("topic")] == ["other"]
    assert gold.draw("d") == draw

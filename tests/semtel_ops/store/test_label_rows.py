import pytest
from sqlalchemy import func, select

from semtel_ops.errors import StoreError
from semtel_ops.store import label_rows
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.label_rows import replace_week
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.landed import make_landed_rows, write_landed

WEEK = "2026-W47"


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def ledger(ledger_url):
    with open_ledger(ledger_url) as opened:
        yield opened


def _publish(ledger, week, urls) -> int:
    with ledger.write() as connection:
        return replace_week(connection, week, urls)


def _rows(ledger, week=WEEK) -> list[dict]:
    query = select(tables.label).where(tables.label.c.week == week)
    with ledger.read() as connection:
        found = connection.execute(query.order_by(tables.label.c.conversation_id, tables.label.c.classifier))
        return [dict(row) for row in found.mappings()]


def test_rows_arrive_as_they_landed(ledger, lake):
    landed = make_landed_rows(conversations=20, success=0.8)
    assert _publish(ledger, WEEK, write_landed(lake, landed)) == 100
    expected = sorted(landed, key=lambda row: (row["conversation_id"], row["classifier"]))
    names = [column.name for column in tables.label.columns]
    assert _rows(ledger) == [{name: row.get(name) for name in names} for row in expected]


def test_values_that_break_naive_loaders_survive(ledger, lake):
    landed = make_landed_rows(conversations=6, labels={"topic": {"a": 1}}, success=1)
    ids = ['quote " comma , newline \n', "", "back\\slash \\N", "<|endoftext|>", "😀 \u2028", "'); DROP TABLE label;--"]
    for row, name in zip(landed, ids, strict=True):
        row.update(conversation_id=name, label=name, labels=[name, 'x"y'])
    _publish(ledger, WEEK, write_landed(lake, landed))
    found = _rows(ledger)
    assert {row["conversation_id"] for row in found} == set(ids)
    assert all(row["label"] == row["conversation_id"] for row in found)
    assert all(row["labels"].endswith('"x\\"y"]') for row in found)


@pytest.mark.postgres
def test_postgresql_gets_a_mark_for_the_nul_it_cannot_keep(postgres_url, lake):
    [row] = make_landed_rows(conversations=1, labels={"topic": {"a": 1}})
    row["conversation_id"] = "a\x00b"
    with open_ledger(postgres_url) as ledger:
        _publish(ledger, WEEK, write_landed(lake, [row]))
        assert [found["conversation_id"] for found in _rows(ledger)] == ["a\ufffdb"]


def test_publishing_again_replaces_the_week_and_no_other(ledger, lake):
    _publish(ledger, "2026-W46", write_landed(lake, make_landed_rows(week="2026-W46", conversations=4)))
    first = write_landed(lake, make_landed_rows(conversations=10))
    second = write_landed(lake, make_landed_rows(conversations=6, run_id="again"))
    for urls in (first, first, second, second):
        _publish(ledger, WEEK, urls)
    assert {row["run_id"] for row in _rows(ledger)} == {"again"}
    assert len(_rows(ledger)) == 30
    assert len(_rows(ledger, "2026-W46")) == 20


def test_a_crash_in_the_middle_leaves_the_old_rows(ledger, lake):
    _publish(ledger, WEEK, write_landed(lake, make_landed_rows(conversations=4)))
    urls = write_landed(lake, make_landed_rows(conversations=8, run_id="new"))
    with pytest.raises(KeyboardInterrupt), ledger.write() as connection:
        replace_week(connection, WEEK, urls)
        raise KeyboardInterrupt
    assert {row["run_id"] for row in _rows(ledger)} == {"manual"}
    assert len(_rows(ledger)) == 20


def test_the_same_member_twice_is_refused_and_the_old_rows_stay(ledger, lake):
    _publish(ledger, WEEK, write_landed(lake, make_landed_rows(conversations=4)))
    twice = write_landed(lake, make_landed_rows(conversations=2, run_id="twice") * 2)
    with pytest.raises(StoreError):
        _publish(ledger, WEEK, twice)
    assert {row["run_id"] for row in _rows(ledger)} == {"manual"}


def test_rows_stream_in_batches(ledger, lake, monkeypatch):
    monkeypatch.setattr(label_rows, "BATCH_ROWS", 7)
    assert _publish(ledger, WEEK, write_landed(lake, make_landed_rows(conversations=10, shards=3))) == 50
    with ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.label)).scalar_one() == 50


def test_a_week_without_rows_is_an_empty_week(ledger, lake):
    _publish(ledger, WEEK, write_landed(lake, make_landed_rows(conversations=4)))
    assert _publish(ledger, WEEK, []) == 0
    assert _rows(ledger) == []

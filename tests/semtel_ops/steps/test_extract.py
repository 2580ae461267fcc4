import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text

from semtel_ops.conversations.lake_ids import LakeIds
from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.extract import extract_part
from tests.support import shards

WEEK = shards.WEEK  # Monday 16 to Sunday 22 November


@pytest.fixture
def make_plan(tmp_path: Path) -> Callable[..., RunPlan]:
    def make(**config: Any) -> RunPlan:
        plan = shards.make_plan(tmp_path, config=config, include=str(tmp_path / "include"))
        plan.save()
        return plan

    return make


def record(conversation_id: str, *said: str, started_at: str | None = "2026-11-18T12:00:00Z", **more: Any) -> dict[str, Any]:
    messages = [{"role": "user" if i % 2 == 0 else "assistant", "content": c} for i, c in enumerate(said or ("hi", "hello"))]
    return {"conversation_id": conversation_id, "messages": messages, "started_at": started_at, "language": "en"} | more


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., str]:
    def write(*records: dict[str, Any] | str, name: str = "data.jsonl") -> str:
        path = tmp_path / name
        lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    return write


def extract(plan: RunPlan, *files: str, part: int = 0) -> dict[str, Any]:
    return extract_part({"run": plan.url, "part": part, "files": list(files)})


def rows(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return list(pq.read_table(manifest["staged"]).to_pylist())


def quarantined(plan: RunPlan, name: str = "part=0000") -> list[dict[str, str]]:
    path = Path(plan.folder.quarantine(name))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_only_conversations_that_began_in_the_week_are_staged(
    make_plan: Callable[..., RunPlan], source: Callable[..., str]
) -> None:
    """Monday 00:00 UTC is the week's, the next Monday 00:00 is not; a record without a date belongs to any week."""
    manifest = extract(
        make_plan(),
        source(
            record("first", started_at="2026-11-16T00:00:00Z"),
            record("last", started_at="2026-11-22T23:59:59Z"),
            record("undated", started_at=None),
            record("before", started_at="2026-11-15T23:59:59Z"),
            record("after", started_at="2026-11-23T00:00:00Z"),
            record("elsewhere", started_at="2026-11-16T00:30:00+01:00"),
        ),
    )
    assert [row["conversation_id"] for row in rows(manifest)] == ["first", "last", "undated"]
    assert (manifest["read"], manifest["outside_week"], manifest["staged_rows"]) == (6, 3, 3)
    assert manifest["first_started_at"].startswith("2026-11-15T23:30:00")
    assert manifest["last_started_at"].startswith("2026-11-23T00:00:00")


def test_dates_can_be_ignored(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    manifest = extract(make_plan(source={"dates": "ignore"}), source(record("old", started_at="2001-01-01")))
    assert manifest["staged_rows"] == 1


def test_every_record_ends_in_one_count(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    plan = make_plan(sample={"rate": 0.5})
    lines: list[dict[str, Any] | str] = [record(f"c{i}") for i in range(200)]
    lines += [record(f"old{i}", started_at="2026-01-01") for i in range(7)] + ["{broken"] * 5
    manifest = extract(plan, source(*lines))
    assert (manifest["read"], manifest["outside_week"], manifest["unreadable"]) == (212, 7, 5)
    assert manifest["not_sampled"] + manifest["staged_rows"] == 200
    assert 60 < manifest["staged_rows"] < 140
    assert len(rows(manifest)) == manifest["staged_rows"]


def test_what_cannot_be_read_is_in_the_quarantine_without_its_text(
    make_plan: Callable[..., RunPlan], source: Callable[..., str]
) -> None:
    plan = make_plan()
    extract(plan, source(record("a"), '{"messages": "my secret diary"', record("b")))
    (entry,) = quarantined(plan)
    assert entry["place"].endswith("data.jsonl:line 2")
    assert entry["reason"] == "invalid_json"
    assert "diary" not in json.dumps(entry)


def test_a_source_repaired_since_leaves_no_quarantine(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    plan = make_plan()
    extract(plan, source("{broken"))
    assert len(quarantined(plan)) == 1
    extract(plan, source(record("a")))
    assert quarantined(plan) == []


def test_personal_data_never_reaches_the_disk(
    make_plan: Callable[..., RunPlan], source: Callable[..., str], tmp_path: Path
) -> None:
    plan = make_plan()
    manifest = extract(plan, source(record("a", "I am bob@example.com", "Call 555-123-4567, bob@example.com")))
    (row,) = rows(manifest)
    assert [turn["content"] for turn in row["turns"]] == ["I am [EMAIL]", "Call [PHONE], [EMAIL]"]
    assert json.dumps(manifest["scrubbed"]) == '{"email": 2, "phone": 1}'
    assert all(type(name) is str for name in manifest["scrubbed"])
    assert row["chars"] == len("I am [EMAIL]") + len("Call [PHONE], [EMAIL]")
    assert all(b"bob@" not in path.read_bytes() for path in (tmp_path / "lake").rglob("*") if path.is_file())


def test_content_is_told_apart_before_it_is_scrubbed(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    first, second = rows(extract(make_plan(), source(record("a", "I am a@example.com"), record("b", "I am b@example.com"))))
    assert first["turns"] == second["turns"]
    assert first["content_hash"] != second["content_hash"]


def test_scrubbing_can_be_off(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    manifest = extract(make_plan(scrub={"engine": "off"}), source(record("a", "a@example.com")))
    assert rows(manifest)[0]["turns"][0]["content"] == "a@example.com"
    assert manifest["scrubbed"] == {}


def test_twice_is_the_same(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    plan, file = make_plan(), source(*[record(f"c{i}", f"question {i}") for i in range(50)])
    first = extract(plan, file)
    before = Path(first["staged"]).read_bytes()
    second = extract(plan, file)
    assert Path(second["staged"]).read_bytes() == before
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_labels_and_language_come_along(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    (row,) = rows(extract(make_plan(), source(record("a", language="de", labels={"topic": "cooking"}))))
    assert row["language"] == "de"
    assert json.loads(row["labels_json"]) == {"topic": "cooking"}


def test_a_half_written_file_gives_what_came_before_the_break(make_plan: Callable[..., RunPlan], tmp_path: Path) -> None:
    plan = make_plan()
    whole = gzip.compress("".join(json.dumps(record(f"c{i}", f"{i * 7919}" * 50)) + "\n" for i in range(500)).encode(), mtime=0)
    (tmp_path / "half.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    manifest = extract(plan, str(tmp_path / "half.jsonl.gz"))
    assert 0 < manifest["staged_rows"] < 500
    assert manifest["unreadable"] >= 1
    assert any(entry["reason"] == "broken_file" for entry in quarantined(plan))


def test_large_conversations_do_not_share_a_row_group(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    """Twelve conversations of 5 MB: no row group holds more than about 32 MB of them."""
    plan = make_plan(scrub={"engine": "off"})
    manifest = extract(plan, source(*[record(f"c{i}", "word " * 1_000_000) for i in range(12)]))
    with pq.ParquetFile(manifest["staged"]) as file:
        groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert sum(groups) == 12
    assert max(groups) <= 7


def test_rows_of_a_database_are_records(
    make_plan: Callable[..., RunPlan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'chats.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("create table chats (conversation_id text, messages text, started_at text)"))
        for i in range(3):
            one = record(f"c{i}")
            connection.execute(
                text("insert into chats values (:id, :messages, :at)"),
                {"id": one["conversation_id"], "messages": json.dumps(one["messages"]), "at": one["started_at"]},
            )
    engine.dispose()
    monkeypatch.setenv("CHATS_URL", url)
    plan = make_plan(source={"sql": {"url_env": "CHATS_URL", "table": "chats"}})
    manifest = extract_part({"run": plan.url, "part": 0, "sql": True})
    assert [row["conversation_id"] for row in rows(manifest)] == ["c0", "c1", "c2"]


def test_a_database_without_its_url_is_one_clear_line(
    make_plan: Callable[..., RunPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHATS_URL", raising=False)
    plan = make_plan(source={"sql": {"url_env": "CHATS_URL", "table": "chats"}})
    with pytest.raises(ConfigError, match=r"CHATS_URL.*must contain the SQLAlchemy URL"):
        extract_part({"run": plan.url, "part": 0, "sql": True})


def test_a_run_that_was_never_planned_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a run; a run is"):
        extract_part({"run": str(tmp_path / "run.json"), "part": 0, "files": []})


def test_a_record_that_was_repaired_is_staged_and_noted(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    plan = make_plan()
    path = Path(source(record("sound", "fine"), record("windows", "Größe und Übergewicht")))
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    path.write_bytes(path.read_bytes().replace(b"Gr\\u00f6\\u00dfe", b"Gr\xf6\xdfe"))
    manifest = extract(plan, str(path))
    assert (manifest["read"], manifest["unreadable"], manifest["staged_rows"], manifest["repaired"]) == (2, 0, 2, 1)
    assert rows(manifest)[1]["turns"][0]["content"].startswith("Größe")
    (line,) = [json.loads(line) for line in Path(plan.folder.repairs(0)).read_text(encoding="utf-8").splitlines()]
    assert (line["reason"], line["place"].endswith("line 2")) == ("repaired", True)
    assert "Gr" not in line["detail"]


def test_each_line_of_a_mutilated_file_is_a_record_or_an_entry(
    make_plan: Callable[..., RunPlan], source: Callable[..., str]
) -> None:
    lines = [json.dumps(record(f"c{number}", "hi")).encode() for number in range(300)]
    rng = random.Random(7)
    for number in range(0, 300, 2):
        line = bytearray(lines[number])
        for _ in range(rng.randint(1, 4)):
            line[rng.randrange(len(line))] = rng.choice([0, 9, 0x22, 0x5C, 0x7B, 0x7D, 0x2C, 0x80, 0xC3, 0xFF])
        lines[number] = bytes(line)
    path = Path(source(record("unused")))
    path.write_bytes(b"\n".join(lines) + b"\n")
    manifest = extract(make_plan(), str(path))
    assert manifest["read"] >= 300
    counted = ("unreadable", "outside_week", "not_sampled", "staged_rows")
    assert manifest["read"] == sum(manifest[name] for name in counted)
    assert {f"c{number}" for number in range(1, 300, 2)} <= {row["conversation_id"] for row in rows(manifest)}


def test_hidden_characters_are_removed_before_scrubbing_and_counted(
    make_plan: Callable[..., RunPlan], source: Callable[..., str]
) -> None:
    """A key that zero-width characters split is found; the hash stays that of the original text."""
    key = "ghp_" + "aB3dE6gH9jK2" * 3
    hidden = record("a", f"my token {key[:9]}\u200b{key[9:]} \U000e0068\U000e0069", "ok")
    plain = record("b", f"my token {key} ", "ok")
    manifest = extract(make_plan(), source(hidden, plain))
    said = [row["turns"][0]["content"] for row in rows(manifest)]
    assert said == ["my token [SECRET] ", "my token [SECRET] "]
    assert len({row["content_hash"] for row in rows(manifest)}) == 2
    assert manifest["scrubbed"] == {"invisible": 3, "secret": 2}


def test_hidden_characters_are_kept_only_when_told_so(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    kept = extract(make_plan(scrub={"invisible": "keep", "engine": "off"}), source(record("a", "x\u200by", "ok")))
    assert rows(kept)[0]["turns"][0]["content"] == "x\u200by"
    gone = extract(make_plan(scrub={"engine": "off"}), source(record("a", "x\u200by", "ok")))
    assert rows(gone)[0]["turns"][0]["content"] == "xy"
    assert gone["scrubbed"] == {"invisible": 1}


def test_an_id_that_is_an_address_is_hashed_before_anything_is_written(
    make_plan: Callable[..., RunPlan], source: Callable[..., str], tmp_path: Path
) -> None:
    plan = make_plan()
    manifest = extract(plan, source(record("ada@example.com"), record("c1")))
    assert [row["conversation_id"] for row in rows(manifest)] == [LakeIds("hash").of("ada@example.com"), "c1"]
    assert all(b"ada@" not in path.read_bytes() for path in (tmp_path / "lake").rglob("*") if path.is_file())


def test_free_fields_are_restricted_and_counted(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    labels = {"topic": "ask ada@example.com", "user": "Ada", "knowledge_work": {"why": "she said so"}}
    manifest = extract(make_plan(), source(record("a", language="Ada Lovelace", labels=labels)))
    (row,) = rows(manifest)
    assert json.loads(row["labels_json"]) == {"topic": "ask [EMAIL]"}
    assert row["language"] is None
    assert manifest["left_out"] == {"labels": 2, "language": 1}
    assert manifest["scrubbed"] == {"email": 1}


def test_a_file_named_by_an_address_is_named_without_it(make_plan: Callable[..., RunPlan], source: Callable[..., str]) -> None:
    plan = make_plan()
    manifest = extract(plan, source("{broken", record("a"), name="ada@example.com-chats.jsonl"))
    (entry,) = quarantined(plan)
    assert entry["place"].endswith("/….com-chats.jsonl:line 1")
    assert rows(manifest)[0]["place"].endswith("/….com-chats.jsonl:line 2")

import json
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from semtel_ops.conversations.sampling import bucket_of, shard_of_bucket
from semtel_ops.errors import EmptySourceError, ReconciliationError, SourceError, StoreError
from semtel_ops.steps.extract import extract_part
from semtel_ops.steps.sample import sample_week
from semtel_ops.store.files import exists, list_files, read_json
from semtel_ops.store.parquet import read_rows
from semtel_ops.store.tables import CONVERSATIONS
from tests.support.shards import WEEK, make_plan


def record(conversation_id: str, said: str | None = None, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": said or f"question of {conversation_id}"}, {"role": "assistant", "content": "ok"}]
    return {"conversation_id": conversation_id, "messages": messages, "started_at": "2026-11-18", "language": "en"} | more


class Week:
    """One run over small files: a part for each list of records."""

    def __init__(self, folder: Path, lake: str, config: dict[str, Any], run_id: str = "run-1") -> None:
        self.folder = folder
        self.plan = make_plan(folder, run_id=run_id, lake=lake, config={"source": {"paths": ["data"]}, **config})
        self.plan.save()
        self.parts: list[dict[str, Any]] = []

    def extract(self, *parts: list[dict[str, Any]]) -> "Week":
        self.parts = []
        for number, records in enumerate(parts):
            path = self.folder / f"{self.plan.run_id}-{number}.jsonl"
            path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
            self.parts.append(extract_part({"run": self.plan.url, "part": number, "files": [str(path)]}))
        return self

    def sample(self) -> list[dict[str, Any]]:
        return sample_week(self.parts)

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = read_json(self.plan.paths.run(WEEK, self.plan.run_id).sample)
        return found

    def rows(self) -> list[dict[str, Any]]:
        urls = list_files(self.plan.paths.conversations_folder(WEEK), ".parquet")
        return [row for url in urls for row in read_rows(url)]


@pytest.fixture
def week(tmp_path: Path) -> Callable[..., Week]:
    def make(run_id: str = "run-1", **config: Any) -> Week:
        return Week(tmp_path, str(tmp_path / "lake"), config, run_id)

    return make


def test_every_row_is_accounted_for(week: Callable[..., Week]) -> None:
    one = week(sample={"count": 4, "deduplicate": True})
    one.extract(
        [record("a"), record("b"), record("a"), record("x", "same"), record("y", "same")],
        [record("twin", "one"), record("twin", "two"), record("old", started_at="2020-01-01"), record("c"), record("d")],
    )
    refs = one.sample()
    expected = {
        "read": 10, "unreadable": 0, "outside_week": 1, "not_sampled": 0, "staged_rows": 9, "duplicates_same_id": 1,
        "id_conflicts": 2, "duplicate_content": 1, "duplicates": 2, "quarantined": 2, "eligible": 5, "population": 5, "sampled": 4,
    }  # fmt: skip
    assert expected.items() <= one.summary.items()
    assert refs == [{"run": one.plan.url, "shard": 0, "conversations": 4}]
    assert one.summary["shards"] == [
        {"run": f"lake:/runs/week={one.plan.week}/run=run-1/run.json", "shard": 0, "conversations": 4}
    ]
    rows = one.rows()
    assert len(rows) == 4
    assert sum(row["sample_weight"] for row in rows) == pytest.approx(5)


def test_text_and_its_facts_arrive_unchanged(week: Callable[..., Week]) -> None:
    one = week().extract([record("a", "größe 🎉 of bob@example.com", language="de", labels={"topic": "x"})])
    (staged,) = read_rows(one.parts[0]["staged"])
    one.sample()
    (row,) = one.rows()
    assert row["turns"][0] == {"role": "user", "content": "größe 🎉 of [EMAIL]"}
    assert {name: row[name] for name in staged if name in row} == {name: staged[name] for name in staged if name in row}
    assert (row["week"], row["shard"], row["sample_weight"], row["stratum"]) == (WEEK, 0, 1.0, None)
    assert one.summary["scrubbed"] == {"email": 1}


def test_shards_are_whole_and_hold_what_their_buckets_say(week: Callable[..., Week]) -> None:
    one = week(shards={"conversations": 10})
    one.extract([record(f"a{i}") for i in range(40)], [record(f"b{i}") for i in range(31)])
    refs = one.sample()
    assert [ref["shard"] for ref in refs] == list(range(8))
    assert sum(ref["conversations"] for ref in refs) == 71
    for ref in refs:
        file = one.plan.paths.conversations(WEEK, ref["shard"])
        assert pq.read_schema(file).equals(CONVERSATIONS)
        rows = list(read_rows(file))
        assert len(rows) == ref["conversations"]
        assert all(shard_of_bucket(bucket_of(row["content_hash"]), 8) == row["shard"] == ref["shard"] for row in rows)


def test_shards_without_conversations_are_files_too(week: Callable[..., Week]) -> None:
    one = week(shards={"conversations": 1}).extract([record("a"), record("b"), record("c")])
    refs = one.sample()
    assert len(refs) == 3
    assert sum(ref["conversations"] for ref in refs) == 3
    assert all(exists(one.plan.paths.conversations(WEEK, shard)) for shard in range(3))


def test_the_sample_does_not_depend_on_how_the_source_is_cut(week: Callable[..., Week]) -> None:
    records = [record(f"c{i}", f"said {i % 80}") for i in range(100)]
    samples = []
    for run_id, parts in (("one", [records]), ("two", [records[60:], records[:10], records[10:60]])):
        run = week(run_id, sample={"count": 20}).extract(*parts)
        run.sample()
        samples.append({row["conversation_id"] for row in run.rows()})
    assert samples[0] == samples[1]


def test_strata_and_rate_weigh_up_to_the_population(week: Callable[..., Week]) -> None:
    one = week(sample={"count": 20, "rate": 0.5, "strata": ["language"]})
    one.extract([record(f"c{i}", language="en" if i % 10 else "fr") for i in range(400)])
    one.sample()
    strata = Counter(row["stratum"] for row in one.rows())
    assert strata == {"language=en": 10, "language=fr": 10}
    assert one.summary["population"] == 2 * one.summary["eligible"]
    assert sum(row["sample_weight"] for row in one.rows()) == pytest.approx(one.summary["population"])


def test_ids_for_different_conversations_are_quarantined_with_their_places(week: Callable[..., Week]) -> None:
    one = week().extract([record("twin", "secret one"), record("a")], [record("twin", "secret two")])
    one.sample()
    lines = Path(one.plan.paths.run(WEEK, "run-1").quarantine("sample")).read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["reason"] for entry in entries] == ["duplicate_id_conflict"] * 2
    assert [entry["place"].rsplit("/", 1)[-1] for entry in entries] == ["run-1-0.jsonl:line 1", "run-1-1.jsonl:line 1"]
    assert "twin" in entries[0]["detail"]
    assert "secret" not in "".join(lines)


def test_staged_files_go_when_the_result_is_safe_and_a_rerun_finds_it(week: Callable[..., Week]) -> None:
    one = week().extract([record("a"), record("b")])
    refs = one.sample()
    assert not exists(one.parts[0]["staged"])
    assert one.sample() == refs


def test_extract_and_sample_again_give_the_same_rows(week: Callable[..., Week]) -> None:
    records = [record(f"c{i}") for i in range(30)]
    one = week(shards={"conversations": 10}, sample={"count": 25}).extract(records)
    refs, rows = one.sample(), one.rows()
    assert one.extract(records).sample() == refs
    assert one.rows() == rows


def test_a_crash_while_shards_are_written_leaves_everything_to_start_again(
    week: Callable[..., Week], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = week().extract([record("a"), record("b")])
    with monkeypatch.context() as patch:
        patch.setattr("semtel_ops.steps.sample.write_json", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            one.sample()
    assert exists(one.parts[0]["staged"])
    assert sum(ref["conversations"] for ref in one.sample()) == 2


def test_shards_of_a_larger_earlier_sample_are_removed(week: Callable[..., Week]) -> None:
    records = [record(f"c{i}") for i in range(30)]
    week("large", shards={"conversations": 5}).extract(records).sample()
    small = week("small").extract(records[:3])
    small.sample()
    assert len(list_files(small.plan.paths.conversations_folder(WEEK))) == 1
    assert len(small.rows()) == 3


def test_a_rerun_does_not_take_another_runs_shards_for_its_own(week: Callable[..., Week]) -> None:
    first = week("first").extract([record("a")])
    first.sample()
    week("second").extract([record("b")]).sample()
    with pytest.raises(StoreError, match="belongs to another run; clear extract as well"):
        first.sample()


def test_a_rerun_without_anything_says_what_to_clear(week: Callable[..., Week]) -> None:
    one = week().extract([record("a")])
    Path(one.parts[0]["staged"]).unlink()
    with pytest.raises(StoreError, match="staged files of run run-1 are missing; clear extract"):
        one.sample()


def test_counts_that_do_not_fit_the_files_stop_the_run(week: Callable[..., Week]) -> None:
    one = week().extract([record("a")])
    one.parts[0]["staged_rows"] = 2
    with pytest.raises(ReconciliationError, match="extract counted 2 staged rows, but the files contain 1"):
        one.sample()


def test_a_week_outside_the_dates_names_the_weeks_to_run(week: Callable[..., Week]) -> None:
    one = week().extract([record("a", started_at="2026-09-01")], [record("b", started_at="2026-10-05")])
    with pytest.raises(EmptySourceError) as caught:
        one.sample()
    assert str(caught.value) == (
        "week 2026-W47: no conversation to label in data; 2 records read, 2 outside the week. Their dates run from 2026-09-01"
        " (2026-W36) to 2026-10-05 (2026-W41): run one of those weeks, or set dates to ignore to accept records of any date"
    )


def test_a_week_of_unreadable_records_points_to_the_quarantine(week: Callable[..., Week]) -> None:
    one = week().extract([{"nonsense": 1}, {"nonsense": 2}])
    with pytest.raises(EmptySourceError, match=r"2 records read, 2 unreadable\. See .*quarantine"):
        one.sample()


def test_a_rate_that_lets_nothing_through_says_so(week: Callable[..., Week]) -> None:
    one = week(sample={"rate": 1e-9}).extract([record("a"), record("b")])
    with pytest.raises(EmptySourceError, match=r"2 not sampled at a rate of 1e-09\. Raise sample\.rate"):
        one.sample()


def test_no_parts_at_all_is_a_source_error() -> None:
    with pytest.raises(SourceError, match="nothing to sample"):
        sample_week([])


def test_a_lake_behind_fsspec_works_alike(tmp_path: Path) -> None:
    one = Week(tmp_path, f"memory://{uuid.uuid4().hex}", {"shards": {"conversations": 10}})
    refs = one.extract([record(f"c{i}") for i in range(25)]).sample()
    assert sum(ref["conversations"] for ref in refs) == 25
    assert {row["conversation_id"] for row in one.rows()} == {f"c{i}" for i in range(25)}
    assert one.sample() == refs


def test_of_snapshots_of_a_conversation_the_longest_is_sampled(week: Callable[..., Week]) -> None:
    """MonkeyRun-com/monkeyrun-open-brain#2: two exports, one id, the second with two more turns."""
    more = [{"role": "user", "content": "second question"}, {"role": "assistant", "content": "more, to bob@example.com"}]
    first, second = record("s1"), record("s1")
    second["messages"] = second["messages"] + more
    one = week().extract([first, record("twin", "one"), first], [second, record("twin", "two")])
    one.sample()
    (row,) = one.rows()
    assert [turn["content"] for turn in row["turns"]] == ["question of s1", "ok", "second question", "more, to [EMAIL]"]
    assert (one.summary["duplicates_same_id"], one.summary["id_conflicts"], one.summary["eligible"]) == (2, 2, 1)

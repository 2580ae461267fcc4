from collections import Counter
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.conversations.sampling import (
    PLACE_SQL,
    bucket_of,
    grade_sql,
    passes_rate,
    pick_sql,
    sample_key,
    shard_count,
    shard_of_bucket,
)
from semtel_ops.settings import SampleConfig, ShardConfig
from semtel_ops.store.sql_engine import connect, records, sql, value

Row = dict[str, Any]


def row(conversation_id: str, content: str | None = None, **more: Any) -> Row:
    """A staged row; its content hash is made of `content`, or of the id."""
    return {
        "conversation_id": conversation_id,
        "content_hash": sample_key(content or conversation_id, "content") * 2,
        "sample_key": sample_key(conversation_id, "semtel"),
        "started_at": None,
        "language": "en",
        "chars": 100,
        "n_turns": 2,
        "place": f"file:{conversation_id}",
    } | more


def run(rows: Iterable[Row], config: SampleConfig, population: float | None = None, shards: int = 4) -> dict[str, list[Row]]:
    """All three statements over rows; tables by name."""
    numbered = [{**one, "part_file": 0, "part_row": i} for i, one in enumerate(rows)]
    with connect() as con:
        con.register("staged", pa.Table.from_pylist(numbered))
        list(sql(con, grade_sql(config)))
        kept = value(con, "select count(*) from graded where verdict = 'kept'")
        list(sql(con, pick_sql(config), population=float(kept if population is None else population)))
        list(sql(con, PLACE_SQL, shards=shards))
        return {name: list(records(con, f"select * from {name} order by part_row")) for name in ("graded", "picked", "placed")}


def verdicts(rows: Iterable[Row], **config: Any) -> list[str]:
    return [r["verdict"] for r in run(rows, SampleConfig(**config))["graded"]]


@pytest.fixture
def thousand() -> list[Row]:
    return [row(f"c{i}") for i in range(1000)]


@pytest.mark.parametrize("text", ["c1", "", "ünïcode 🎉", "'; drop table staged; --", "a" * 10_000])
def test_sql_computes_the_same_key(text: str) -> None:
    with connect() as con:
        batch = next(sql(con, "select substr(md5($salt || $id), 1, 16) as k", salt="s€", id=text))
    assert batch.column(0)[0].as_py() == sample_key(text, "s€")


def test_a_key_is_the_beginning_of_an_md5() -> None:
    """md5("abc") = 900150983cd24fb0d6963f7d28e17f72, RFC 1321."""
    assert sample_key("bc", "a") == "900150983cd24fb0"


@given(st.text(), st.floats(0.001, 1), st.floats(0.001, 1))
def test_a_higher_rate_keeps_all_that_a_lower_one_kept(text: str, one: float, other: float) -> None:
    key = sample_key(text, "salt")
    assert passes_rate(key, 1.0)
    assert passes_rate(key, min(one, other)) <= passes_rate(key, max(one, other))


def test_a_rate_keeps_about_its_share() -> None:
    kept = sum(passes_rate(sample_key(f"c{i}", "semtel"), 0.25) for i in range(10_000))
    assert 2300 < kept < 2700


def test_one_conversation_seen_twice_is_one() -> None:
    assert verdicts([row("a"), row("a", place="other file:1")]) == ["kept", "duplicate_same_id"]


def test_of_copies_the_earliest_dated_one_is_kept() -> None:
    rows = [row("a", place="x"), row("a", started_at="2026-11-17", place="y"), row("a", started_at="2026-11-16", place="z")]
    assert verdicts(rows) == ["duplicate_same_id", "duplicate_same_id", "kept"]


def test_an_id_with_several_contents_is_set_aside_whole() -> None:
    rows = [row("a", "one"), row("a", "two"), row("a", "one", place="again"), row("b", "three")]
    assert verdicts(rows) == ["duplicate_id_conflict"] * 3 + ["kept"]


def test_of_equal_contents_the_smallest_key_is_kept() -> None:
    ids = [f"c{i}" for i in range(20)]
    expected = min(ids, key=lambda i: sample_key(i, "semtel"))
    graded = run([row(i, "same") for i in ids], SampleConfig(deduplicate=True))["graded"]
    assert [r["conversation_id"] for r in graded if r["verdict"] == "kept"] == [expected]
    assert Counter(r["verdict"] for r in graded)["duplicate_content"] == 19


def test_equal_contents_of_different_ids_are_different_conversations() -> None:
    assert verdicts([row("a", "same"), row("b", "same"), row("a", "same")]).count("kept") == 2


def test_the_share_of_a_greeting_is_the_share_of_the_people_who_say_it() -> None:
    """Three of ten conversations are "hi", each of another person: 30 % of the weights, and about 30 % of a smaller sample."""
    rows = [row(f"c{i}", "hi" if i % 10 < 3 else None) for i in range(1_000)]
    hi = rows[0]["content_hash"]
    for config in (SampleConfig(), SampleConfig(count=200)):
        picked = run(rows, config)["picked"]
        share = sum(r["sample_weight"] for r in picked if r["content_hash"] == hi) / sum(r["sample_weight"] for r in picked)
        assert share == pytest.approx(0.3, abs=0.0 if config.count is None else 0.07)


def test_the_content_of_an_untrusted_id_does_not_displace_a_sound_one() -> None:
    rows = [row("a", "one"), row("a", "two"), row("b", "one")]
    assert verdicts(rows) == ["duplicate_id_conflict", "duplicate_id_conflict", "kept"]


def test_the_order_of_rows_decides_nothing(thousand: list[Row]) -> None:
    config = SampleConfig(count=100)
    one = {r["content_hash"] for r in run(thousand, config)["picked"]}
    other = {r["content_hash"] for r in run(reversed(thousand), config)["picked"]}
    assert one == other


def test_count_takes_the_smallest_keys(thousand: list[Row]) -> None:
    picked = {r["content_hash"] for r in run(thousand, SampleConfig(count=10))["picked"]}
    expected = sorted(thousand, key=lambda r: r["sample_key"])[:10]
    assert picked == {r["content_hash"] for r in expected}


def test_strata_get_equal_shares_and_what_is_left_goes_to_those_with_more() -> None:
    """10 of 3 strata with 2, 50 and 50: first 3 each; the small one has 2, so 4 and 4 for the others."""
    rows = [row(f"{lang}{i}", language=lang) for lang, n in [("fr", 2), ("en", 50), ("de", 50)] for i in range(n)]
    picked = run(rows, SampleConfig(count=10, strata=("language",)))["picked"]
    assert Counter(r["stratum"] for r in picked) == {"language=fr": 2, "language=en": 4, "language=de": 4}


def test_a_row_weighs_what_its_stratum_holds_for_it() -> None:
    rows = [row(f"{lang}{i}", language=lang) for lang, n in [("fr", 2), ("en", 50), ("de", 30)] for i in range(n)]
    picked = run(rows, SampleConfig(count=10, strata=("language",)))["picked"]
    weights = {r["stratum"]: r["sample_weight"] for r in picked}
    assert weights == pytest.approx({"language=fr": 1.0, "language=en": 12.5, "language=de": 7.5})


def test_a_rate_raises_every_weight(thousand: list[Row]) -> None:
    """1000 staged at a rate of 1/4 stand for 4000, and 100 picked of them for 40 each."""
    picked = run(thousand, SampleConfig(count=100, rate=0.25), population=4000)["picked"]
    assert {r["sample_weight"] for r in picked} == {40.0}


def test_more_strata_than_rows_wanted_still_weigh_the_population() -> None:
    rows = [row(f"c{i}", language=f"l{i % 30}") for i in range(90)]
    picked = run(rows, SampleConfig(count=7, strata=("language",)))["picked"]
    assert len(picked) == 7
    assert sum(r["sample_weight"] for r in picked) == pytest.approx(90)


def test_strata_name_what_they_hold() -> None:
    rows = [row("a", language=" EN ", chars=999, n_turns=2), row("b", language=None, chars=16_000, n_turns=21)]
    picked = run(rows, SampleConfig(strata=("language", "length", "turns")))["picked"]
    assert [r["stratum"] for r in picked] == [
        "language=en/length=short/turns=1-2",
        "language=unknown/length=very_long/turns=21+",
    ]


def test_nothing_staged_is_nothing_picked() -> None:
    with connect() as con:
        con.register("staged", pa.Table.from_pylist([{**row("a"), "part_file": 0, "part_row": 0}]).slice(1))
        for text, params in [(grade_sql(SampleConfig()), {}), (pick_sql(SampleConfig()), {"population": 0.0})]:
            list(sql(con, text, **params))
        assert next(sql(con, "select count(*) from picked")).column(0)[0].as_py() == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("xyz"), st.sampled_from(["en", "de", None])), min_size=1),
    st.integers(1, 9),
)
def test_every_row_gets_one_verdict_and_weights_sum_to_the_population(rows: list[tuple[str, str, str]], count: int) -> None:
    tables = run(
        [row(i, c, language=lang) for i, c, lang in rows], SampleConfig(count=count, strata=("language",), deduplicate=True)
    )
    kept = [r for r in tables["graded"] if r["verdict"] == "kept"]
    assert len(tables["graded"]) == len(rows)
    assert len(tables["picked"]) == min(count, len(kept))
    assert len({r["conversation_id"] for r in kept}) == len({r["content_hash"] for r in kept}) == len(kept)
    assert sum(r["sample_weight"] for r in tables["picked"]) == pytest.approx(len(kept))


def test_sql_places_rows_as_the_functions_do(thousand: list[Row]) -> None:
    for shards in (1, 7, 64, 256):
        tables = run(thousand, SampleConfig(), shards=shards)
        for picked, placed in zip(tables["picked"], tables["placed"], strict=True):
            assert placed["shard"] == shard_of_bucket(bucket_of(picked["content_hash"]), shards)


@given(st.integers(1, 256))
def test_shards_are_contiguous_ranges_of_buckets_and_none_is_empty(shards: int) -> None:
    placed = [shard_of_bucket(f"{bucket:02x}", shards) for bucket in range(256)]
    assert placed == sorted(placed)
    assert set(placed) == set(range(shards))


@pytest.mark.parametrize(
    ("conversations", "config", "shards"),
    [
        (0, ShardConfig(), 1),
        (5_000, ShardConfig(), 1),
        (5_001, ShardConfig(), 2),
        (10**9, ShardConfig(), 64),
        (10**9, ShardConfig(max_shards=1024), 256),
        (10, ShardConfig(conversations=1), 10),
    ],
)
def test_shards_follow_the_size_of_the_sample(conversations: int, config: ShardConfig, shards: int) -> None:
    assert shard_count(conversations, config) == shards

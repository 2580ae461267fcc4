"""How conversations are drawn from a week: by weight, in the order of its labels, alike each time."""

from collections import Counter

import pyarrow as pa
import pytest

from semtel_ops.errors import StoreError
from semtel_ops.steps.align_set import set_of_week
from semtel_ops.steps.frozen_set import conversations_of, set_root
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import write_table
from semtel_ops.store.tables import CONVERSATIONS, LABELS

WEEK = "2026-W47"


def filled(schema, rows):
    """Rows of a schema; columns that are not given are null, 0 or empty."""
    empty = {"int32": 0, "int64": 0, "double": 0.0, "string": "", "bool": False}
    columns = []
    for field in schema:
        default = None if field.nullable else empty.get(str(field.type), [])
        columns.append(pa.array([row.get(field.name, default) for row in rows], field.type))
    return pa.Table.from_arrays(columns, schema=schema)


@pytest.fixture
def lake(tmp_path):
    """1,000 conversations: a fifth about play, of these a tenth are rude; every tenth weighs three."""
    lake = Lake(str(tmp_path / "lake"))
    rows = [
        {"week": WEEK, "conversation_id": f"c{at}", "content_hash": f"{at:032x}", "sample_weight": 3.0 if at % 10 == 3 else 1.0}
        for at in range(1000)
    ]
    write_table(lake.conversations(WEEK, 0), filled(CONVERSATIONS, rows))
    labels = [
        {**row, "classifier": classifier, "label": label, "status": "success"}
        for at, row in enumerate(rows)
        for classifier, label in (("topic", "play" if at % 5 == 0 else "work"), ("tone", "rude" if at % 50 == 0 else "kind"))
    ]
    write_table(f"{lake.run(WEEK, 'r1').labels_folder}/shard=0000.parquet", filled(LABELS, labels))
    return lake


def drawn(frozen):
    batches = conversations_of(frozen, ["conversation_id", "sample_weight"])
    return {row["conversation_id"]: row["sample_weight"] for batch in batches for row in batch.to_pylist()}


def draw(lake, name, rows, **options):
    return set_of_week(set_root(lake, name), lake.run(WEEK, "r1"), rows, **options)


def test_every_combination_of_labels_has_its_share_and_every_conversation_the_same_weight(lake):
    found = drawn(draw(lake, "a", 200))
    # 1,000 + 100·2 = 1,200 conversations of the population, six for each place.
    assert (len(found), set(found.values())) == (200, {6.0})
    strata = Counter((int(name[1:]) % 5 == 0, int(name[1:]) % 50 == 0) for name in found)
    # 20 rude, 180 other play (weight 1 each), 800 work of which 100 weigh three: 20/6, 180/6 and 1,000/6 places.
    assert strata[True, True] in {3, 4}
    assert strata[True, False] in {29, 30, 31}
    heavy = sum(int(name[1:]) % 10 == 3 for name in found)
    assert 40 <= heavy <= 60, "300 of 1,200"


def test_the_same_conversations_are_drawn_each_time_but_those_left_out(lake):
    first, again = draw(lake, "a", 100), draw(lake, "b", 100)
    assert first.fingerprint == again.fingerprint
    some = sorted(drawn(first))[:50]
    assert not set(some) & set(drawn(draw(lake, "c", 100, without=some)))


def test_a_week_with_fewer_conversations_is_drawn_whole_with_its_own_weights(lake):
    found = drawn(draw(lake, "a", 5_000))
    assert len(found) == 1000
    assert found["c3"] == 3.0
    assert found["c4"] == 1.0


def test_a_conversation_heavier_than_a_place_is_drawn_and_keeps_its_weight(lake):
    found = drawn(draw(lake, "a", 800))
    # A place is 1,200 / 800 = 1.5; the 100 that weigh three are all drawn, once.
    assert {found[f"c{at}"] for at in range(3, 1000, 10)} == {3.0}
    assert set(found.values()) == {1.5, 3.0}


def test_labelled_conversations_are_in_the_set_without_weight_if_they_were_not_drawn(lake):
    plain = drawn(draw(lake, "a", 100))
    extra = sorted({f"c{at}" for at in range(1000)} - plain.keys())[:30]
    found = drawn(draw(lake, "b", 100, gold=[*extra, "not there", *sorted(plain)[:5]]))
    assert found == {**plain, **dict.fromkeys(extra, 0.0)}


def test_a_week_without_labels_is_refused(lake):
    with pytest.raises(StoreError, match="publish the week first"):
        set_of_week(set_root(lake, "a"), lake.run("2026-W40", "r1"), 10)

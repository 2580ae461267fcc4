from dataclasses import dataclass

import pytest

from semtel_ops.errors import StoreError
from semtel_ops.steps.frozen_set import conversations_of
from semtel_ops.steps.sentinel_set import sentinel_set
from semtel_ops.store.files import remove
from tests.support.shards import WEEK, conversation_row, make_plan, write_conversations


@dataclass
class Weeks:
    """Stands in for a ledger with published weeks."""

    weeks: tuple[str, ...] = (WEEK,)

    def published_weeks(self, count):
        return list(self.weeks)[:count]


@pytest.fixture
def lake(tmp_path):
    plan = make_plan(tmp_path)
    write_conversations(plan, [conversation_row(number) for number in range(30)])
    return plan.paths


def ids_of(frozen):
    return sorted(name for batch in conversations_of(frozen) for name in batch.column("conversation_id").to_pylist())


def test_the_same_conversations_are_drawn_once_and_then_kept(lake):
    first = sentinel_set(lake, Weeks(), ["topic"], 10)
    assert (first.week, first.conversations, len(set(ids_of(first)))) == (WEEK, 10, 10)
    later = sentinel_set(lake, Weeks(("2026-W48",)), ["topic"], 10)
    assert (later.fingerprint, ids_of(later)) == (first.fingerprint, ids_of(first))


def test_the_draw_is_a_hash_and_not_the_order_of_the_files(lake):
    drawn = ids_of(sentinel_set(lake, Weeks(), ["topic"], 10))
    more = ids_of(sentinel_set(lake, Weeks(), ["topic"], 20))
    assert set(drawn) < set(more), "more rows are the same rows and others"
    assert drawn != sorted(conversation_row(number)["conversation_id"] for number in range(10))


def test_other_classifiers_have_a_set_of_their_own_whatever_their_order(lake):
    sets = [sentinel_set(lake, Weeks(), ids, 10).root for ids in (["a", "b"], ["b", "a"], ["a"])]
    assert sets[0] == sets[1] != sets[2]


def test_without_a_published_week_there_is_no_set(lake):
    assert sentinel_set(lake, Weeks(()), ["topic"], 10) is None


def test_a_week_whose_conversations_are_gone_is_an_error(lake):
    remove(lake.conversations_folder(WEEK))
    with pytest.raises(StoreError, match="choose another week"):
        sentinel_set(lake, Weeks(), ["topic"], 10)

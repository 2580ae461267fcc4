import pytest

from semtel_ops.gold.texts import text_of, texts_of
from semtel_ops.store.gold_rows import GoldItem
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import make_landed_rows
from tests.support import gold as support
from tests.support.gold import WEEK, write_texts


@pytest.fixture
def lake(tmp_path):
    made = Lake(f"{tmp_path}/lake")
    write_texts(made, make_landed_rows(week=WEEK, conversations=12, labels={"topic": {"health": 1.0}}))
    return made


def item(conversation, shard):
    return GoldItem("d", conversation, 0, "", 0.5, 1.0, shard, True, WEEK, "r")


def test_a_conversation_is_read_from_its_shard_or_from_the_one_that_has_it_now(lake):
    for shard in (1, 0, 7):  # its own, another, and one that is not there
        found = text_of(lake, item("c000003", shard))
        assert found.turns[0] == {"role": "user", "content": support.text_of("c000003")}
        assert found.language == "en"
    assert text_of(lake, item("gone", 0)) is None


def test_the_texts_of_a_draw_are_those_that_the_sample_still_has(lake):
    items = [item(one, 0) for one in ("c000002", "c000003", "gone")]
    assert sorted(text.conversation_id for text in texts_of(lake, items)) == ["c000002", "c000003"]
    assert list(texts_of(lake, [])) == []


def test_a_week_whose_sample_is_gone_has_no_text(tmp_path):
    assert text_of(Lake(f"{tmp_path}/nothing"), item("c1", 0)) is None

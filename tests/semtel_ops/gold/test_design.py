import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.errors import ConfigError
from semtel_ops.gold.design import allocate, draw_id_of, is_shared, parse_rare, place_of
from semtel_ops.store.gold_rows import RareLabel, Stratum

HEALTH = RareLabel("topic", "health", 5.0)
MONEY = RareLabel("topic", "money", 2.0)


def test_without_rare_labels_every_conversation_has_the_same_probability():
    (stratum,) = allocate({"": 5_000}, 300)
    assert stratum == Stratum("", 5_000, 300)
    assert stratum.probability == 0.06


def test_a_rare_label_is_drawn_more_often_by_its_factor():
    # Σ F·N = 900 + 5·100 = 1,400; c = 100 / 1,400; 64.29 and 35.71 conversations, of which the larger fraction is rounded up.
    plain, rare = allocate({"": 900, "topic:health": 100}, 100, [HEALTH])
    assert (plain.drawn, rare.drawn) == (64, 36)
    assert rare.probability / plain.probability == pytest.approx(5.0, rel=0.02)


def test_a_stratum_that_is_used_up_leaves_its_rest_to_the_others():
    # c·5·10 would be 26.3 of 10: all 10 are taken, and 90 are left for the 900 others.
    plain, rare = allocate({"": 900, "topic:health": 10}, 100, [RareLabel("topic", "health", 50.0)])
    assert (plain.drawn, rare.drawn, rare.probability) == (90, 10, 1.0)


def test_a_conversation_with_two_rare_labels_is_in_one_stratum_with_the_larger_factor():
    strata = allocate({"": 1_000, "topic:health topic:money": 100, "topic:money": 100}, 170, [HEALTH, MONEY])
    assert [stratum.drawn for stratum in strata] == [100, 50, 20]  # c = 170 / (1,000 + 500 + 200) = 0.1


def test_a_draw_larger_than_the_week_takes_all_of_it():
    assert allocate({"": 40, "topic:health": 2}, 300, [HEALTH]) == (Stratum("", 40, 40), Stratum("topic:health", 2, 2))


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=6), st.integers(6, 5_000), st.floats(1.5, 100))
def test_the_parts_of_a_draw_add_up_and_every_probability_is_above_0(sizes, size, factor):
    names = ["", *(f"topic:label{at}" for at in range(1, len(sizes)))]
    rare = [RareLabel("topic", f"label{at}", factor) for at in range(1, len(sizes))]
    strata = allocate(dict(zip(names, sizes, strict=True)), size, rare)
    assert sum(stratum.drawn for stratum in strata) == min(size, sum(sizes))
    assert all(1 <= stratum.drawn <= stratum.population for stratum in strata)


def test_fewer_conversations_than_strata_are_refused():
    with pytest.raises(ConfigError, match="size: 1 is too small for 2 combinations of rare labels; draw at least 2"):
        allocate({"": 9, "topic:health": 1}, 1, [HEALTH])


def test_rare_labels_are_read_with_their_factors():
    assert parse_rare("topic:health=5, task_complexity:create=2.5") == (HEALTH, RareLabel("task_complexity", "create", 2.5))
    assert parse_rare("") == ()


@pytest.mark.parametrize(
    "text", ["health=5", "topic:health", "topic:health=1", "topic:health=x", "topic:health=5,topic:health=6"]
)
def test_a_wrong_rare_label_is_named(text):
    with pytest.raises(ConfigError, match=r"rare: '(topic:)?health"):
        parse_rare(text)


def test_the_first_part_of_the_order_is_a_sample_with_the_same_design():
    # Drawn conversations of a stratum have keys from 0 to its probability: divided by it, all strata spread over 0 to 1.
    assert place_of("8" + "0" * 15, 0.5) == pytest.approx(1.0)
    assert place_of("0" * 16, 0.01) == 0.0
    assert place_of("028f5c28f5c28f5c", 0.02) == pytest.approx(0.5, abs=1e-6)  # 0.01 of the keys, of 0.02


def test_the_id_of_a_draw_changes_with_all_that_decides_it():
    same = {
        "week": "2026-W47",
        "run_id": "r",
        "salt": "s",
        "size": 9,
        "classifiers": ["a", "b"],
        "rare": [HEALTH],
        "shared": 1.0,
    }
    first = draw_id_of(**same)
    assert first.startswith("2026-W47-")
    assert draw_id_of(**{**same, "classifiers": ["b", "a"]}) == first
    others = {"run_id": "q", "salt": "t", "size": 8, "classifiers": ["a"], "rare": [], "shared": 0.5}
    assert len({first, *(draw_id_of(**{**same, name: value}) for name, value in others.items())}) == 7


def test_the_share_of_conversations_for_everybody_is_kept():
    shared = [is_shared(f"c{at}", "salt", 0.2) for at in range(5_000)]
    assert 0.18 < sum(shared) / 5_000 < 0.22
    assert all(is_shared(f"c{at}", "salt", 1.0) for at in range(100))
    assert not any(is_shared(f"c{at}", "salt", 0.0) for at in range(100))

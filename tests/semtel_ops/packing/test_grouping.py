"""Groups are the same every time, mixed, and bounded in number and in tokens."""

from semtel_ops.packing.grouping import estimated_tokens, grouped


def ids(groups):
    return [[one.conversation_id for one in group] for group in groups]


def test_a_size_of_one_keeps_the_order(prepared):
    assert ids(grouped(prepared(3), size=1, tokens=1_000, seed=0)) == [["id0"], ["id1"], ["id2"]]


def test_groups_are_full_but_for_the_last_and_hold_everybody_once(prepared):
    groups = ids(grouped(prepared(23), size=10, tokens=16_000, seed=0))
    assert [len(group) for group in groups] == [10, 10, 3]
    assert sorted(name for group in groups for name in group) == sorted(one.conversation_id for one in prepared(23))


def test_neighbours_depend_on_the_seed_and_not_on_the_order_of_the_file(prepared):
    conversations = prepared(30)
    first = ids(grouped(conversations, size=10, tokens=16_000, seed=0))
    assert ids(grouped(reversed(conversations), size=10, tokens=16_000, seed=0)) == first
    assert ids(grouped(conversations, size=10, tokens=16_000, seed=1)) != first
    assert first[0] != [f"id{n}" for n in range(10)]


def test_tokens_bound_a_group_as_well(prepared):
    conversations = prepared(0, *(["word " * 400] * 9))
    each = estimated_tokens(conversations[0])
    groups = list(grouped(conversations, size=9, tokens=3 * each, seed=0))
    assert [len(group) for group in groups] == [3, 3, 3]


def test_a_conversation_longer_than_that_goes_alone_and_does_not_break_a_group(prepared):
    conversations = prepared(0, "short", "word " * 4_000, "short too")
    groups = ids(grouped(conversations, size=3, tokens=1_000, seed=0))
    assert ["id1"] in groups
    assert sorted(map(len, groups)) == [1, 2]


def test_a_script_of_long_letters_counts_by_its_bytes(prepared):
    latin, han = prepared(0, "a" * 900, "語" * 900)
    assert estimated_tokens(han) > 3 * estimated_tokens(latin)

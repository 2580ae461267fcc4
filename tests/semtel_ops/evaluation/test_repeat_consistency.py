import pytest

from semtel_ops.evaluation.repeat_consistency import flips


def repeat(said, classifier="topic"):
    return {(str(at), classifier): None if label == "-" else label for at, label in enumerate(said)}


def test_the_flip_share_is_that_of_pairs_of_repeats_that_differ():
    # Three repeats are three pairs a conversation: 0 of 3, 2 of 3, 3 of 3.
    topic, overall = flips([repeat("aaa"), repeat("aab"), repeat("abc")], ["topic"])
    assert topic.share.share == pytest.approx(5 / 9)
    assert (topic.repeats, topic.conversations, topic.share.n) == (3, 3, 9)
    assert (overall.classifier, overall.share) == (None, topic.share)


def test_repeating_more_often_does_not_raise_it_as_such():
    # Half of the pairs differ, with two repeats and with four.
    (two, _) = flips([repeat("aa"), repeat("ab")], ["topic"])
    (four, _) = flips([repeat("a"), repeat("a"), repeat("b"), repeat("b")], ["topic"])
    assert two.share.share == 0.5
    assert four.share.share == pytest.approx(4 / 6)


def test_pairs_of_one_conversation_are_not_so_many_conversations():
    said = ["a" * 40, "a" * 40, "b" * 20 + "a" * 20]
    (topic, _) = flips([repeat(one) for one in said], ["topic"])
    assert topic.share.n == 120
    assert topic.share.effective_n < 120


def test_nothing_that_changed_is_still_uncertain():
    (topic, _) = flips([repeat("aaaaa"), repeat("aaaaa")], ["topic"])
    assert topic.share.share == topic.share.low == 0.0
    assert 0.2 < topic.share.high < 0.6


def test_a_member_without_a_label_has_fewer_pairs():
    topic, _ = flips([repeat("a-"), repeat("ab"), repeat("bb")], ["topic"])
    assert (topic.share.n, topic.conversations) == (4, 2)
    assert topic.share.share == pytest.approx(2 / 4)


def test_one_run_is_no_repeat():
    assert flips([repeat("ab")], ["topic"]) == []

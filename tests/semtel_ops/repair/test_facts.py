from semtel_ops.repair.facts import facts_of
from tests.support.repair_runs import START


def test_the_most_confused_pairs_come_first_with_their_reverse():
    truth = {"c1": "health", "c2": "health", "c3": "science", "c4": "money", "c5": "money", "c6": "health"}
    labels = {"c1": "science", "c2": "science", "c3": "health", "c4": "money", "c5": None, "c6": "health"}
    facts = facts_of(START, truth, labels, list(truth))
    first, second = facts.pairs
    assert (first.truth, first.given, first.n, first.reverse, first.rows) == ("health", "science", 2, 1, ("c1", "c2"))
    assert (second.truth, second.given, second.n, second.reverse) == ("science", "health", 1, 2)
    assert facts.expected == {"health": 3, "science": 1, "money": 2}
    assert facts.given == {"health": 2, "science": 2, "money": 1}
    assert facts.n == 6


def test_of_several_labels_the_missing_and_the_extra_ones_make_pairs():
    facts = facts_of(START, {"c1": "health + money"}, {"c1": "health + career"}, ["c1"])
    (pair,) = facts.pairs
    assert (pair.truth, pair.given) == ("money", "career")


def test_answers_that_are_no_labels_make_no_pairs():
    assert facts_of(START, {"c1": "sat"}, {"c1": "dsat"}, ["c1"]).pairs == ()

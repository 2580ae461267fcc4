"""Weeks are compared only where a change of the labeller cannot be what changed their shares."""

from semtel_ops.bridging import Agreed, Part, comparability
from semtel_ops.bridging.comparability import unlike


def part(labeller, model="mini", weight=100.0, version="1.0.0", served=None):
    return Part(labeller, model, served or model, version, weight)


A, B = part("a"), part("b", "luna")
SAME = Agreed.of([("a", "b")])


def test_weeks_of_one_labeller_are_compared():
    found = comparability([A], [A], Agreed())
    assert (found.why_not, found.is_changed) == (None, False)


def test_another_labeller_is_not_compared_and_can_be_bridged():
    found = comparability([A], [B], Agreed())
    assert found.why_not == "the labeller changed from mini to luna"
    assert found.is_changed
    assert found.can_be_bridged


def test_a_labeller_that_was_found_to_be_the_same_is_compared_in_either_direction():
    assert comparability([A], [B], SAME).why_not is None
    assert comparability([B], [A], SAME).why_not is None
    assert comparability([A], [B], SAME).is_changed


def test_that_two_labellers_are_each_like_a_third_does_not_make_them_alike():
    chain = Agreed.of([("a", "b"), ("b", "c")])
    assert comparability([A], [part("c", "sol")], chain).why_not == "the labeller changed from mini to sol"


def test_a_model_that_moved_behind_its_alias_is_another_labeller():
    found = comparability([part("a", served="mini-1")], [part("b", served="mini-2")], Agreed())
    assert found.why_not == "the labeller changed from mini-1 (asked as mini) to mini-2 (asked as mini)"


def test_the_same_model_with_another_prompt_is_another_labeller():
    assert "another prompt text, parameter or strategy" in comparability([A], [part("b")], Agreed()).why_not


def test_a_new_version_of_the_prompt_is_named_before_the_model():
    found = comparability([A], [part("b", "luna", version="2.0.0")], Agreed())
    assert found.why_not == "the definition changed from version 1.0.0 to 2.0.0"
    assert found.can_be_bridged


def test_a_week_of_two_labellers_is_compared_with_nothing_and_cannot_be_bridged():
    both = [part("a", weight=60), part("b", "luna", weight=40)]
    found = comparability([A], both, Agreed())
    assert found.why_not == "2 labellers labelled this week (mini, luna), and no alignment shows that they are the same"
    assert not found.can_be_bridged
    assert "that week" in comparability(both, [A], Agreed()).why_not


def test_two_labellers_that_are_the_same_are_as_one():
    both = [part("a", weight=60), part("b", "luna", weight=40)]
    assert comparability([A], both, SAME).why_not is None
    assert unlike(both, SAME) == []
    assert [found.labeller for found in unlike(both, Agreed())] == ["a", "b"]


def test_a_labeller_of_less_than_a_hundredth_does_not_prevent_a_comparison():
    assert comparability([A], [A, part("b", "luna", weight=0.9)], Agreed()).why_not is None
    assert comparability([A], [A, part("b", "luna", weight=1.1)], Agreed()).why_not is not None


def test_weeks_without_a_recorded_labeller_are_compared_where_the_versions_agree():
    unknown = part("", "", version="1.0.0")
    assert comparability([unknown], [A], Agreed()).why_not is None
    assert "version 0.9.0 to 1.0.0" in comparability([part("", version="0.9.0")], [A], Agreed()).why_not
    assert comparability([], [A], Agreed()).why_not is None

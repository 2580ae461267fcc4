"""The decision of the model gate, without a run: which endpoints are used, and which models stand in for them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from semtel_ops.bridging.model_gate import Candidate, Evidence, Known, Standing, decide, judge, same_on_record
from tests.support.aligned_models import make_alignment

NOW = datetime(2026, 11, 30, tzinfo=UTC)
MINI = Known("topic", "mini", "mini-2026", "1.0.0", "p", None, "s", labeller="a", weight=100.0)


def planned(model, **fields):
    known = Known("topic", model, model, "1.0.0", "p", None, "s")
    return Candidate(f"to-{model}", model, None, [replace(known, **fields)])


def evidence(*alignments, in_force=(MINI,)):
    return Evidence({"topic": list(in_force)}, alignments, timedelta(days=90), 0.02, NOW)


def alignment(model="luna", **fields):
    return make_alignment(MINI, model, **fields)


def test_the_model_that_answered_is_the_labeller_by_its_own_name_too():
    assert judge(planned("mini"), evidence()).standing is Standing.IN_FORCE
    assert judge(planned("mini-2026"), evidence()).standing is Standing.IN_FORCE


def test_another_effort_is_another_labeller():
    assert judge(planned("mini", reasoning_effort="high"), evidence()).standing is Standing.UNALIGNED


def test_another_strategy_and_another_version_are_declared_and_another_prompt_is_not():
    assert judge(planned("mini", strategy="t"), evidence()).standing is Standing.DECLARED
    assert judge(planned("mini", version="2.0.0", prompts="q"), evidence()).standing is Standing.DECLARED
    assert judge(planned("mini", prompts="q"), evidence()).standing is Standing.PROMPT_CHANGED


def test_a_new_version_does_not_carry_a_new_model_in_with_it():
    assert judge(planned("luna", version="2.0.0", prompts="q"), evidence()).standing is Standing.UNALIGNED
    same = alignment(verdict="same")
    assert judge(planned("luna", version="2.0.0", prompts="q"), evidence(same)).standing is Standing.DECLARED


def test_a_verdict_of_the_same_counts_only_against_a_labeller_in_force():
    assert judge(planned("luna"), evidence(alignment(verdict="same"))).standing is Standing.SAME
    other = alignment(verdict="same", incumbent_labeller="z")
    assert judge(planned("luna"), evidence(other)).standing is Standing.UNALIGNED


def test_an_adopted_labeller_replaces_the_one_before_where_both_are_offered():
    adopted = alignment(verdict="shifted", adopted_at=NOW, adopted_by="ada")
    found = decide([planned("mini"), planned("luna")], evidence(adopted))
    assert [judged.candidate.model for judged in found.use] == ["luna"]
    assert [judged.candidate.model for judged in found.unused] == ["mini"]


def test_the_models_that_stand_in_are_those_in_force_then_aligned_ones():
    found = decide([planned("sol")], evidence(alignment(verdict="same")))
    assert found.use == ()
    assert found.fallbacks == (("mini", None), ("luna", None))


def test_no_model_stands_in_for_a_changed_prompt():
    found = decide([planned("mini", prompts="q")], evidence())
    assert (found.use, found.fallbacks) == ((), ())


def test_anything_may_found():
    assert judge(planned("luna"), evidence(in_force=())).standing is Standing.FOUNDING


def test_a_bridge_is_not_needed_between_labellers_that_were_found_to_be_the_same():
    (luna,) = planned("luna").labellers
    assert not same_on_record(luna, MINI, [alignment(verdict="shifted")])
    assert same_on_record(luna, MINI, [alignment(verdict="same")])
    back = replace(MINI, labeller="b", model="luna", served_model="luna")
    (mini,) = planned("mini").labellers
    assert same_on_record(mini, back, [alignment(verdict="same", candidate_labeller="b")])

from semtel_ops.repair.mutators import Mutation
from semtel_ops.repair.trial import Trial
from tests.support.repair_runs import START


def test_a_trial_remembers_how_it_was_made():
    start = Trial.of(START)
    child = start.after(Mutation(START.with_rule("Be strict."), "library_option", "strict"))
    grandchild = child.after(Mutation(START.with_rule("Be brief."), "shortened", ""))
    assert grandchild.changes == (("library_option", "strict"), ("shortened", ""))
    assert len({start.id, child.id, grandchild.id}) == 3
    assert start.after(Mutation(START, "x", "")).id == start.id


def test_a_price_is_known_once_rows_were_asked():
    trial = Trial.of(START)
    assert trial.price_per_row_usd is None
    trial.labels.update(c1="money", c2=None)
    trial.price_usd = 0.5
    assert trial.price_per_row_usd == 0.25

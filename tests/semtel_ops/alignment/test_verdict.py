"""Verdicts of made-up measurements, and of labellers whose truth is known."""

import random

import pytest

from semtel_ops.alignment import Answer, Asked, Decision, Labelled, Verdict, judge, measure
from semtel_ops.alignment.measure import settle
from semtel_ops.alignment.results import Quality
from semtel_ops.evaluation.paired import rows_for_equivalence

LABELS = ("code", "text", "maths", "chat")
TOPIC = Asked("topic", "Topic", {label: label.title() for label in LABELS}, {})
SHARES = (0.4, 0.3, 0.2, 0.1)
MARGIN = 0.02


def moved(n, *, lost=0, won=0, gold=None):
    """n conversations about code, but `won` about text; the candidate says text of `lost` of the former, code of the latter."""
    first = {f"c{at}": Answer.of("code") for at in range(n)}
    first |= {f"t{at}": Answer.of("text") for at in range(won)}
    new = dict(first) | {f"c{at}": Answer.of("text") for at in range(lost)} | {f"t{at}": Answer.of("code") for at in range(won)}
    return Labelled((first, first), (new, new), gold or {})


def verdict(labelled, *, invalid=0.0, unanswered=0.0, margin=MARGIN):
    (measured,) = settle([measure(TOPIC, labelled, margin)])
    return judge(measured, invalid=invalid, unanswered=unanswered, margin=margin)


def test_shares_that_are_shown_to_stay_are_the_same_and_quality_is_not_claimed():
    found = verdict(moved(2000, lost=20, won=20))
    assert (found.verdict, found.decision, found.quality) == (Verdict.SAME, Decision.ADOPT, Quality.NOT_MEASURED)
    assert found.reason.endswith("agreement with people is not measured")


def test_a_change_that_is_shown_and_may_be_larger_than_the_margin_is_a_shift():
    found = verdict(moved(2000, lost=80, won=20))
    assert (found.verdict, found.decision) == (Verdict.SHIFTED, Decision.ADOPT_WITH_BRIDGE)
    assert "Code −3.0, Text +3.0 points" in found.reason


def test_a_change_that_is_shown_but_within_the_margin_is_no_shift():
    # (40 - 8) of 4,000 rows: 0.8 points, mid-p < .001, 90% interval ± 0.28.
    assert verdict(moved(3992, lost=40, won=8)).verdict is Verdict.SAME


def test_too_few_rows_are_unclear_and_say_how_many_would_decide():
    # ψ = 18/300 = .06, d = 0: (1.645 + 1.282)²·.06/.02² = 1,285 rows (formula 4).
    found = verdict(moved(291, lost=9, won=9))
    assert (found.verdict, found.decision) == (Verdict.UNCLEAR, Decision.HOLD)
    assert found.rows == rows_for_equivalence(0.06, MARGIN) == 1285
    assert "about 1,285 conversations would decide" in found.reason


def test_more_than_five_percent_without_a_usable_label_is_worse():
    found = verdict(moved(2000), invalid=0.051)
    assert (found.verdict, found.decision) == (Verdict.WORSE, Decision.ADJUST)
    assert verdict(moved(2000), invalid=0.05).verdict is Verdict.SAME


def test_rows_without_a_reply_are_no_fault_of_the_candidate():
    found = verdict(moved(2000), unanswered=0.2)
    assert (found.verdict, found.decision) == (Verdict.UNCLEAR, Decision.HOLD)
    assert verdict(Labelled(({}, {}), ({}, {}), {})).verdict is Verdict.UNCLEAR


def judged_by_people(n, *, errors, worse=0, better=0):
    """Two labellers who agree but for a few rows; people agree with both except in `errors` rows."""
    first = {f"c{at:04d}": Answer.of(LABELS[at % 4]) for at in range(n)}
    gold = {name: answer.category for name, answer in first.items()}
    names = sorted(gold)
    for name in names[:errors]:
        gold[name] = LABELS[(LABELS.index(gold[name]) + 1) % 4]
    new = dict(first)
    for name in names[errors : errors + worse] + names[:better]:
        new[name] = Answer.of(LABELS[(LABELS.index(first[name].category) + 1) % 4])
    return Labelled((first, first), (new, new), gold)


def test_a_loss_of_agreement_with_people_is_worse_whatever_the_shares_are():
    found = verdict(judged_by_people(2000, errors=100, worse=60))
    assert (found.verdict, found.quality) == (Verdict.WORSE, Quality.WORSE)
    assert "agreement with people falls" in found.reason


def test_a_shift_may_be_for_the_better():
    found = verdict(judged_by_people(2000, errors=400, better=300))
    assert found.quality is Quality.BETTER
    assert found.verdict is not Verdict.WORSE


def test_people_can_show_that_the_same_shares_are_not_worse():
    found = verdict(judged_by_people(2000, errors=100, worse=12, better=12))
    assert (found.verdict, found.quality) == (Verdict.SAME, Quality.NOT_WORSE)
    assert found.reason.endswith("people agree with it as with the incumbent")


def test_few_labels_by_people_claim_nothing_and_take_no_verdict_away():
    labelled = judged_by_people(2000, errors=0, worse=20)
    some = sorted(labelled.gold)
    few = Labelled(labelled.incumbent, labelled.candidate, {name: labelled.gold[name] for name in some[19:90]})
    found = verdict(few)
    assert (found.verdict, found.quality) == (Verdict.SAME, Quality.NOT_SHOWN)
    assert found.gold_rows > 71


def test_labels_by_people_that_point_down_are_unclear_until_there_are_more():
    labelled = judged_by_people(2000, errors=0, worse=20)
    some = sorted(labelled.gold)
    few = Labelled(labelled.incumbent, labelled.candidate, {name: labelled.gold[name] for name in some[18:58]})
    found = verdict(few)
    assert (found.verdict, found.quality) == (Verdict.UNCLEAR, Quality.NOT_SHOWN)
    assert "labels by people would decide" in found.reason


def simulated(seed, n, *, flips, shift=0.0):
    """Two labellers who redraw a label with probability `flips`; the second turns `shift` of all labels from code to text."""
    chance = random.Random(seed)

    def asked(modes, moved):
        said = (LABELS[chance.choices(range(4), SHARES)[0]] if chance.random() < flips else mode for mode in modes)
        return {f"c{at}": Answer.of("text" if at in moved and label == "code" else label) for at, label in enumerate(said)}

    modes = [LABELS[chance.choices(range(4), SHARES)[0]] for _ in range(n)]
    moved_rows = {at for at in range(n) if modes[at] == "code" and chance.random() < shift / SHARES[0]}
    return Labelled((asked(modes, ()), asked(modes, ())), (asked(modes, moved_rows), asked(modes, moved_rows)), {})


@pytest.mark.parametrize(("n", "flips"), [(1000, 0.25), (2000, 0.05)])
def test_a_model_against_itself_is_the_same_or_unclear_and_never_another_labeller(n, flips):
    other = shifted = 0
    for seed in range(40):
        (measured,) = settle([measure(TOPIC, simulated(seed, n, flips=flips), MARGIN)])
        other += measured.excess.shown
        shifted += judge(measured, invalid=0.0, unanswered=0.0, margin=MARGIN).verdict is Verdict.SHIFTED
    # 5% of 40 are 2; 2 + 1.8·√(40·.05·.95) = 4.5.
    assert other <= 4
    assert shifted <= 4


def test_a_planted_shift_of_three_points_is_found():
    found = [verdict(simulated(seed, 2000, flips=0.05, shift=0.03)).verdict for seed in range(40)]
    assert found.count(Verdict.SHIFTED) >= 38
    assert Verdict.SAME not in found


def test_labellers_of_equal_shares_are_shown_to_be_the_same_with_the_rows_of_the_formula():
    # Either redraws 4%: ψ = (.08 - .0016)·2·.4·.6 = .038 for code, 806 rows for 80%. All four labels must pass, with 1,300.
    found = [verdict(simulated(seed, 1300, flips=0.04)).verdict for seed in range(40)]
    assert found.count(Verdict.SAME) >= 30

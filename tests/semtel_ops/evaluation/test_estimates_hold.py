"""What every estimate promises, for all counts: no error, a share within 0 to 1, an interval around it, and a p-value that is one."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.evaluation.bridge import BridgedChange, bridged_change, bridged_change_of
from semtel_ops.evaluation.corrected import corrected_shares
from semtel_ops.evaluation.excess import excess_disagreement
from semtel_ops.evaluation.gold_pairs import GoldCount, GoldPair, Refused
from semtel_ops.evaluation.homogeneity import bhapkar, stuart_maxwell
from semtel_ops.evaluation.intervals import Share, share_of
from semtel_ops.evaluation.kappa_difference import kappa_difference
from semtel_ops.evaluation.misclassification import rogan_gladen
from semtel_ops.evaluation.paired import equivalence, paired_change, rows_to_decide
from semtel_ops.evaluation.sentinel import Day, SentinelTest
from semtel_ops.evaluation.two_phase import two_phase

WEEK, OLD, LABELLER = "2026-W40", "2026-W30", "0123456789abcdef"

counts = st.integers(0, 400)
weights = st.sampled_from([0.0, 0.3, 1.0, 1.6, 1000.0])
probabilities = st.sampled_from([1e-4, 0.01, 0.3, 1.0])
gold_counts = st.lists(
    st.builds(
        GoldCount, st.booleans(), st.booleans(), st.integers(1, 300), weights, probabilities, st.just(WEEK), st.just(LABELLER)
    ),
    max_size=8,
)
labels = st.sampled_from("abc").map(frozenset)
gold_pairs = st.lists(
    st.builds(
        GoldPair, labels, labels, st.sampled_from([WEEK, OLD]), st.just(LABELLER), st.integers(1, 200), weights, probabilities
    ),
    max_size=12,
)


@st.composite
def shares(draw):
    n = draw(st.integers(0, 50_000))
    hits = draw(st.integers(0, n))
    weight = draw(weights)
    return share_of(hits * weight, n * weight, n * weight**2, n)


def is_sound(share: Share) -> bool:
    return 0 <= share.low <= share.share <= share.high <= 1 and math.isfinite(share.effective_n) and share.effective_n >= 0


@given(shares(), gold_counts)
def test_a_two_phase_share_is_sound(raw, gold):
    found = two_phase(raw, gold, week=WEEK)
    assert isinstance(found, Refused) or (is_sound(found.share) and 0 <= found.tuning <= 1)


@given(shares(), gold_counts)
def test_a_share_by_rogan_and_gladen_is_sound(raw, gold):
    found = rogan_gladen(raw, gold, labeller=LABELLER)
    assert isinstance(found, Refused) or is_sound(found.share)


@given(st.lists(counts, min_size=3, max_size=3), gold_pairs)
@settings(max_examples=200)
def test_corrected_shares_of_a_classifier_are_sound(hits, gold):
    raw = {label: share_of(n, sum(hits), sum(hits), sum(hits)) for label, n in zip("abc", hits, strict=True)}
    for found in corrected_shares(raw, gold, week=WEEK, labeller=LABELLER, one_label=True).values():
        assert found.reason if isinstance(found, Refused) else is_sound(found.share)


@given(shares(), shares(), counts, counts, counts)
def test_a_bridged_change_is_sound(before, after, b, c, others):
    found = bridged_change(before, after, m=b + c + others, b=b, c=c)
    assert isinstance(found, Refused) or (is_sound(found.before_as_seen) and 0 <= found.users.p_value <= 1)


@given(shares(), shares(), gold_counts)
def test_a_bridged_change_of_weighted_rows_is_sound(before, after, rows):
    found = bridged_change_of(before, after, rows, week=WEEK)
    assert isinstance(found, Refused | BridgedChange)
    if isinstance(found, BridgedChange):
        assert is_sound(found.before_as_seen)
        assert -1 <= found.labeller.low <= found.labeller.change <= found.labeller.high <= 1
        assert 0 <= found.labeller.p_value <= 1


@given(counts, counts, counts)
def test_a_paired_change_lies_in_its_interval(b, c, others):
    n = b + c + others
    found = paired_change(n, b, c)
    assert -1 <= found.low <= found.change + 1e-12
    assert found.change - 1e-12 <= found.high <= 1
    assert 0 <= found.p_value <= 1
    if n and not equivalence(n, b, c, 0.02).is_shown:
        more = rows_to_decide(n, b, c, 0.02)
        assert more is None or more > 0


@given(
    st.integers(1, 6).flatmap(lambda k: st.lists(st.lists(st.integers(0, 50), min_size=k, max_size=k), min_size=k, max_size=k))
)
def test_homogeneity_has_a_p_value(table):
    for test in (stuart_maxwell, bhapkar):
        found = test(table)
        assert found.statistic >= -1e-9
        assert 0 <= found.p_value <= 1
        assert 0 <= found.df < max(len(table), 1)


@given(st.lists(st.tuples(*[st.sampled_from(["x", "y", "z", "w", None])] * 4), max_size=60))
def test_excess_disagreement_has_a_p_value(rows):
    found = excess_disagreement(*([row[at] for row in rows] for at in range(4)))
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert 0 <= found.p_value <= 1
    assert math.isclose(found.between - found.within, found.value, abs_tol=1e-9)


@given(st.lists(st.tuples(*[st.sampled_from(["a", "b", "c", None])] * 3), max_size=80))
@settings(max_examples=50)
def test_a_difference_of_kappas_lies_in_its_interval(rows):
    found = kappa_difference(*([row[at] for row in rows] for at in range(3)))
    if found.low is not None:
        assert found.low <= found.low_90 <= found.value <= found.high


@given(st.lists(st.integers(0, 100).map(lambda flips: Day(flips, 100)), max_size=40), st.floats(0.001, 0.9))
def test_evidence_is_finite_and_not_negative(days, p0):
    found = SentinelTest(p0).judge(days)
    assert 0 <= found.e_value <= found.highest
    assert math.isfinite(found.highest)
    assert (found.alarm is not None) == (found.highest >= 20)

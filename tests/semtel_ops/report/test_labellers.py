"""What a report says of the labellers, in sentences."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from semtel_ops.bridging import Part
from semtel_ops.bridging.relabelled import BuiltBridge, Relabelled
from semtel_ops.evaluation.intervals import share_of
from semtel_ops.report.build import WeekData, build_report
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.labellers import labeller_findings, parts_of_change
from semtel_ops.report.model import Totals
from semtel_ops.report.render import banners, render
from semtel_ops.report.row_sums import RowSums
from semtel_ops.report.shares import LabelShare
from semtel_ops.store.ledger_rows import WeeklyShare

WEEK, BEFORE = "2026-W47", "2026-W46"
TOPIC = ClassifierInfo("topic", "Topic", version="1.0.0", names={"money": "Money", "health": "Health"})
X, Y = frozenset({"money"}), frozenset({"health"})
# The hand-worked example of a bridge: 22.0% by mini, 26.2% by luna, of 2,000 rows 40 left the label and 110 came to it.
BRIDGE = BuiltBridge(
    "topic", BEFORE, "a", "b",
    (Relabelled(X, X, 1.0, 400), Relabelled(Y, Y, 1.0, 1_450), Relabelled(X, Y, 1.0, 40), Relabelled(Y, X, 1.0, 110)),
)  # fmt: skip


@pytest.fixture
def report():
    """A week of 20,000 by luna after one by mini."""

    def share(n):
        return share_of(n, 20_000, 20_000, 20_000)

    def weekly(label, n):
        own = share(n)
        return WeeklyShare(
            week=BEFORE, run_id="r", classifier="topic", level="label", label=label, n=n, total_n=20_000, effective_n=20_000.0,
            weight=float(n), share=own.share, low=own.low, high=own.high, classifier_version="1.0.0",
        )  # fmt: skip

    def make(bridges=None):
        now = [
            LabelShare("topic", "label", label, n, float(n), share(n)) for label, n in (("money", 5_240), ("health", 14_760))
        ]
        return build_report(
            WeekData(
                week=WEEK, run_id="r", now=datetime(2026, 11, 23, tzinfo=UTC), record=None, state="published", verdict="passed",
                simulated=False, totals=Totals(), checks=[], classifiers=[TOPIC],
                sums=RowSums(shares=now, labellers={"topic": [Part("b", "luna", "luna", "1.0.0", 20_000.0)]}),
                history=[weekly("money", 4_400), weekly("health", 15_600)],
                past_labellers={BEFORE: {"topic": [Part("a", "mini", "mini", "1.0.0", 20_000.0)]}}, bridges=bridges or {},
            )
        )  # fmt: skip

    return make


def test_over_a_bridge_both_parts_are_said_with_their_intervals(report):
    first, second = labeller_findings(report({"topic": BRIDGE}))
    # L = 70/2,000 = 3.5, se = sqrt(150 - 70²/2000)/2000 = 0.61: 2.3 to 4.7. Users 26.2 - 25.5 = 0.7, se 0.72: not significant.
    # With two labels, what one gains the other loses; of equal effects, the larger label is named.
    assert first == (
        "Topic: the labeller changed from mini to luna. Its largest effect, over 2,000 rows of week 2026-W46 that both "
        "labelled: Health, labeller −3.5 (−4.7 to −2.3) points, users −0.7 (−2.1 to +0.7) points."
    )
    assert second == "Topic: of 2 changes, 2 through the labeller and 0 through the users are significant."


def test_without_a_bridge_the_sentence_says_that_no_change_is_shown_and_why(report):
    (finding,) = labeller_findings(report())
    assert finding == "No change since week 2026-W46 is shown for Topic: the labeller changed from mini to luna."


def test_a_row_without_a_bridge_has_no_parts(report):
    assert parts_of_change(report().classifiers[0].rows[0]) is None


def test_a_labeller_that_is_held_back_is_said_with_the_command_that_compares_it(report):
    held = replace(report(), labeller_note="the labeller is held: sim is asked for mini", align_command="semtel align x")
    assert list(labeller_findings(held))[:2] == [
        "The labeller is held: sim is asked for mini.",
        "To compare the labellers: semtel align x",
    ]
    assert ("note", "A new labeller waits for an alignment", "The labeller is held: sim is asked for mini.") in banners(held)


def test_the_page_has_two_numbers_for_each_label_and_who_labelled(report):
    page = render(report({"topic": BRIDGE}))
    assert '<th scope="col" class="n">Labeller</th><th scope="col" class="n">Users</th>' in page
    assert "+3.5 (+2.3 to +4.7)" in page
    assert "2,000 rows of week 2026-W46 were labelled again" in page
    assert "<td>luna</td>" in page

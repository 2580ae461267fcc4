from dataclasses import dataclass

from semtel_ops.report.corrected import (
    CorrectedShare,
    corrected_of,
    corrected_words,
    covered_by,
    covered_by_all,
)
from semtel_ops.store.ledger_rows import WeeklyShare

FOUND = CorrectedShare(0.2968, 0.2750, 0.3195, 500, "two_phase")
TWO_PHASE = "covers sampling and labelling error; rests on 500 gold rows of this week"
GOLD = "Gold rows are conversations that people labelled."
FEW = "covers sampling error, not labelling error: 12 gold rows of the label, at least 20 are needed"


@dataclass(frozen=True)
class Shown:
    corrected: CorrectedShare | None = None
    corrected_note: str | None = None


def test_a_corrected_share_is_shown_with_its_interval_and_its_gold_rows():
    assert corrected_words(FOUND) == "29.7% (27.5–31.9, 500 gold rows)"


def test_a_row_of_the_ledger_without_figures_has_no_corrected_share():
    row = WeeklyShare("2026-W47", "r", "topic", "label", "money", 32, 100, 100.0, 32.0, 0.32, 0.31, 0.33)
    assert corrected_of(row) is None


def test_what_the_intervals_cover_is_said_once_for_all_labels_of_a_classifier():
    shares = [Shown(FOUND, TWO_PHASE)] * 3
    words = "The interval of a corrected share covers sampling and labelling error; it rests on 500 gold rows of this week."
    assert covered_by(shares) == words


def test_labels_without_a_correction_are_counted_with_their_reason():
    words = covered_by([Shown(FOUND, TWO_PHASE), Shown(FOUND, TWO_PHASE), Shown(None, FEW)])
    assert words.endswith(
        "Not corrected: 1 of 3 (12 gold rows of the label, at least 20 are needed); "
        "their interval covers sampling error only, not labelling error."
    )


def test_without_any_correction_the_page_says_once_what_intervals_leave_out():
    shares = [Shown(None, "covers sampling error, not labelling error: no gold rows of this week or this labeller")]
    words = "Intervals cover sampling error only, not labelling error: no gold rows of this week or this labeller."
    assert covered_by_all([shares, shares]) == f"{words} {GOLD}"
    assert covered_by(shares) == words.replace("Intervals cover", "The interval covers")


def test_classifiers_that_leave_out_different_things_are_not_read_as_one():
    other = Shown(None, "covers sampling error, not labelling error: 12 gold rows, at least 30 are needed")
    none = Shown(None, "covers sampling error, not labelling error: no gold rows of this week or this labeller")
    assert covered_by_all([[none, none], [other]]) == (
        "Intervals cover sampling error only, not labelling error: for some classifiers, no gold rows of this week or this "
        f"labeller; for others, 12 gold rows, at least 30 are needed. {GOLD}"
    )


def test_a_page_with_a_correction_says_it_by_classifier():
    assert covered_by_all([[Shown(None, FEW)], [Shown(FOUND, TWO_PHASE)]]) is None


def test_a_week_that_was_not_examined_says_so():
    assert covered_by_all([[Shown()]]) == (
        f"Intervals cover sampling error only, not labelling error: no gold rows were looked for. {GOLD}"
    )


def test_a_page_without_shares_has_nothing_to_say():
    assert covered_by_all([]) is None
    assert covered_by([]) == ""

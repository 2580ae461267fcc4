"""The verdict on a candidate for a classifier. Pure: measurements in, a verdict with its reason out.

Shares are called the same only where every label's 90% interval lies within the margin (two one-sided tests at 5%; as all have
to pass, none is corrected). They are called shifted where a change is shown, by Holm over all labels, that is not shown to be
within the margin. What people say comes first: a candidate that is shown to be worse is worse whatever its shares are.

People's labels that are too few to show anything do not make a verdict unclear, since leaving them out would make it clear
again: the verdict then rests on shares alone and says so. Only where they point to a loss of more than is allowed is more asked
for.
"""

from dataclasses import dataclass

from semtel_ops.alignment.measure import Measured
from semtel_ops.alignment.results import Decision, Quality, Shift, Verdict
from semtel_ops.evaluation.kappa_difference import KappaDifference
from semtel_ops.humanize import coefficient, count, number, percent
from semtel_ops.humanize import points as in_points

MAX_INVALID_SHARE = 0.05
"""Share of rows without a usable label above which a candidate is worse, whatever the other rows say."""

ALLOWED_LOSS = 0.03
"""Of kappa: a candidate is not worse where the 90% interval of the difference lies above its negative."""

DECISIONS = {
    Verdict.SAME: Decision.ADOPT,
    Verdict.SHIFTED: Decision.ADOPT_WITH_BRIDGE,
    Verdict.UNCLEAR: Decision.HOLD,
    Verdict.WORSE: Decision.ADJUST,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict.

    Attributes:
        reason: why, as a sentence.
        rows: conversations that would decide; None where the shares are decided.
        gold_rows: labels by people that would show that the candidate is not worse; None where that is decided or not known.
    """

    verdict: Verdict
    reason: str
    quality: Quality
    rows: int | None = None
    gold_rows: int | None = None

    @property
    def decision(self) -> Decision:
        return DECISIONS[self.verdict]


def quality_of(difference: KappaDifference | None) -> Quality:
    """What people's labels say."""
    if difference is None or difference.n == 0:
        return Quality.NOT_MEASURED
    if difference.is_worse:
        return Quality.WORSE
    if difference.low is not None and difference.low > 0:
        return Quality.BETTER
    return Quality.NOT_WORSE if difference.is_not_worse(ALLOWED_LOSS) else Quality.NOT_SHOWN


def judge(measured: Measured, *, invalid: float, unanswered: float, margin: float) -> Judgement:
    """The verdict for a classifier.

    Args:
        measured: after `settle`.
        invalid: share of the candidate's rows whose reply could not be read, or was a refusal.
        unanswered: share of the rows of either without any reply: no fault of the labeller, but nothing can be said.
        margin: as `measure` had it.
    """
    quality, difference = quality_of(measured.difference), measured.difference
    gold_rows = difference.rows_for_not_worse(ALLOWED_LOSS) if difference and quality is Quality.NOT_SHOWN else None
    if invalid > MAX_INVALID_SHARE:
        limit = percent(MAX_INVALID_SHARE, 0)
        return Judgement(Verdict.WORSE, f"{percent(invalid)} of its rows have no usable label; {limit} are allowed", quality)
    if quality is Quality.WORSE and difference is not None:
        return Judgement(Verdict.WORSE, f"agreement with people falls: {_kappa(difference)}", quality)
    if unanswered > MAX_INVALID_SHARE or not measured.n:
        return Judgement(
            Verdict.UNCLEAR, f"{percent(unanswered)} of the rows got no reply; ask again in another folder", quality
        )
    if quality is Quality.NOT_SHOWN and difference is not None and (difference.value or 0.0) < -ALLOWED_LOSS:
        more = f"; {count(gold_rows, 'label')} by people would decide" if gold_rows else ""
        return Judgement(
            Verdict.UNCLEAR, f"people's labels point to a loss that is not shown: {_kappa(difference)}{more}", quality,
            gold_rows=gold_rows,
        )  # fmt: skip
    open_ones = [shift for shift in measured.shifts if not shift.inside]
    moved = [shift for shift in open_ones if shift.shown]
    if moved:
        names = ", ".join(f"{shift.title} {in_points(shift.points / 100)}" for shift in moved[:3])
        more = f", and {count(len(moved) - 3, 'more label')}" if len(moved) > 3 else ""
        return Judgement(
            Verdict.SHIFTED, f"shares change: {names} points{more}; {_in_words(quality)}", quality, None, gold_rows
        )
    if open_ones:
        rows = max(shift.rows_to_decide or 0 for shift in open_ones)
        widest = max(open_ones, key=lambda shift: max(abs(shift.low_90), abs(shift.high_90)))
        return Judgement(
            Verdict.UNCLEAR,
            f"{count(len(open_ones), 'label')} may have moved by more than {_margin(margin)}, such as {_range(widest)}; "
            f"about {count(rows, 'conversation')} would decide",
            quality, rows, gold_rows,
        )  # fmt: skip
    if not measured.shifts:
        return Judgement(Verdict.UNCLEAR, "the classifier has no labels to compare", quality)
    largest = measured.shifts[0]
    return Judgement(
        Verdict.SAME,
        f"every label's share stays within {_margin(margin)}, the largest change being {_range(largest)}"
        f"{_single(measured)}; {_in_words(quality)}",
        quality, None, gold_rows,
    )  # fmt: skip


def _single(measured: Measured) -> str:
    """What is to be said about single conversations where shares are the same."""
    excess = measured.excess
    return f", though single conversations differ ({percent(excess.value)} beyond noise)" if excess.shown else ""


def _in_words(quality: Quality) -> str:
    return {
        Quality.BETTER: "people agree with it more than with the incumbent",
        Quality.NOT_WORSE: "people agree with it as with the incumbent",
        Quality.NOT_SHOWN: "people's labels are too few to say whether it is right more or less often",
        Quality.WORSE: "people agree with it less than with the incumbent",
        Quality.NOT_MEASURED: "agreement with people is not measured",
    }[quality]


def _kappa(difference: KappaDifference) -> str:
    value, low, high = (coefficient(each) for each in (difference.value, difference.low, difference.high))
    return f"kappa {value} ({low} to {high}, n = {number(difference.n)})"


def _range(shift: Shift) -> str:
    low, high = in_points(shift.low_90 / 100), in_points(shift.high_90 / 100)
    return f"{shift.title} {in_points(shift.points / 100)} ({low} to {high})"


def _margin(margin: float) -> str:
    return f"{100 * margin:g} points"

"""The main findings of the week in a few sentences with their numbers."""

from collections.abc import Iterator

from semtel_ops.humanize import compact, count, estimate, number, percent, points, with_interval, words
from semtel_ops.report.corrected import corrected_words
from semtel_ops.report.labellers import labeller_findings
from semtel_ops.report.model import ClassifierSection, LabelRow, WeekReport
from semtel_ops.report.request_sharing import sharing_findings

_NAMED = 3


def findings(report: WeekReport) -> list[str]:
    """The sentences in the order of the page: sample, strategy, labellers, forecast, topic, changes, sharing, checks."""
    sampled = [*_sampled(report), *_strategy(report), *labeller_findings(report), *_forecast(report)]
    return [*sampled, *_leaders(report), *_changed(report), *sharing_findings(report.sharing), *_failed(report)]


def leader(section: ClassifierSection) -> str:
    """The largest label and its share, for the section's heading."""
    first = _largest(section)
    return "No conversation was labelled" if first is None else f"{first.name}, {percent(first.share.share)}"


def _share(row: LabelRow) -> str:
    words = with_interval(row.share.share, row.share.low, row.share.high, row.n)
    return words if row.corrected is None else f"{words}, corrected {corrected_words(row.corrected)}"


def _largest(section: ClassifierSection | None) -> LabelRow | None:
    return None if section is None else max(section.rows, key=lambda row: row.share.share, default=None)


def _sampled(report: WeekReport) -> Iterator[str]:
    totals = report.totals
    if not totals.sampled:
        return
    sentence = f"{count(totals.sampled, 'conversation')} {'was' if totals.sampled == 1 else 'were'} sampled"
    if totals.population and totals.population > totals.sampled:
        sentence += f" to represent {number(totals.population)}"
    if totals.landed_rows:
        succeeded = totals.succeeded or 0
        part = "all" if succeeded == totals.landed_rows else f"{percent(succeeded / totals.landed_rows)} of"
        sentence += f"; {part} {count(totals.landed_rows, 'requested label')} succeeded"
    yield f"{sentence}."


def _strategy(report: WeekReport) -> Iterator[str]:
    note = report.strategy_note
    if note:
        yield f"{note[:1].upper()}{note[1:]}."


def _forecast(report: WeekReport) -> Iterator[str]:
    forecast = report.forecast
    if forecast is None:
        return
    tokens = f"{compact(forecast.input_tokens)} input and {compact(forecast.output_tokens)} output tokens"
    yield f"Labelling them would take {count(forecast.requests, 'request')} with {tokens}, {estimate(forecast.cost_usd)}."
    if forecast.reused:
        verb = "is" if forecast.reused == 1 else "are"
        yield f"{count(forecast.reused, 'label')} {verb} already paid for and would be reused."


def _leaders(report: WeekReport) -> Iterator[str]:
    by_id = {section.info.id: section for section in report.classifiers}
    first = _largest(by_id.get("topic"))
    if first is not None:
        yield f"The largest topic is {first.name}: {_share(first)}."
    satisfaction = by_id.get("satisfaction")
    satisfied = next((row for row in satisfaction.rows if row.label == "satisfied"), None) if satisfaction else None
    if satisfied is not None:
        yield f"The share of satisfied conversations is {_share(satisfied)}."


def _changed(report: WeekReport) -> Iterator[str]:
    changes = report.changes
    if not changes:
        return
    since = f"changed significantly since week {report.previous_week}"
    real = [(section, row) for section, row in changes if row.is_real]
    if not real:
        yield f"None of {count(len(changes), 'label share')} {since}."
        return
    named = [
        f"{row.name} ({section.info.title.lower()}) {points(row.change.change)}" for section, row in real[:_NAMED] if row.change
    ]
    leading = "" if len(real) <= _NAMED else "most of all "
    yield f"{number(len(real))} of {count(len(changes), 'label share')} {since}: {leading}{', '.join(named)} percentage points."


def _failed(report: WeekReport) -> Iterator[str]:
    judged = [check for check in report.checks if check.effect != "off"]
    if not judged:
        return
    failed = [check for check in judged if not check.passed]
    if not failed:
        yield "The quality check passed." if len(judged) == 1 else f"All {count(len(judged), 'quality check')} passed."
        return
    names = list(dict.fromkeys(words(check.id) for check in failed))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    yield f"{number(len(failed))} of {count(len(judged), 'quality check')} failed: {', '.join(names[:_NAMED])}{more}."

"""What a reader in a hurry should know: a few true sentences about the week, each with its numbers."""

from collections.abc import Iterator

from semtel_ops.report.model import ClassifierSection, WeekReport
from semtel_ops.report.request_sharing import sharing_findings
from semtel_ops.report.text import compact, interval, money, number, percent, points

_NAMED = 3


def findings(report: WeekReport) -> list[str]:
    """One sentence each: what was looked at or would be asked, the largest topic, satisfaction, what changed, what failed."""
    asked = [*_looked_at(report), *_strategy(report), *_forecast(report)]
    sentences = [*asked, *_leaders(report), *_changed(report), *sharing_findings(report.sharing), *_failed(report)]
    return [sentence for sentence in sentences if sentence]


def leader(section: ClassifierSection) -> str:
    """The largest label as a statement, for the section's heading."""
    if not section.rows:
        return "No conversation was labelled"
    first = max(section.rows, key=lambda row: row.share.share)
    return f"{first.name}, {percent(first.share.share)}"


def _looked_at(report: WeekReport) -> Iterator[str]:
    totals = report.totals
    if not totals.sampled:
        return
    stands_for = ""
    if totals.population and totals.population > totals.sampled:
        stands_for = f", standing for {number(totals.population)},"
    verb = "was" if totals.sampled == 1 else "were"
    noun = "conversation" if totals.sampled == 1 else "conversations"
    sentence = f"{number(totals.sampled)} {noun}{stands_for} {verb} {'looked at' if report.forecast is None else 'sampled'}"
    if totals.landed_rows:
        good = (totals.succeeded or 0) / totals.landed_rows
        succeeded = "every one" if totals.succeeded == totals.landed_rows else f"{percent(good)} of them"
        sentence += f"; {number(totals.landed_rows)} labels were asked for and {succeeded} succeeded"
    yield f"{sentence}."


def _strategy(report: WeekReport) -> Iterator[str]:
    note = report.strategy_note
    if note:
        yield f"{note[:1].upper()}{note[1:]}."


def _forecast(report: WeekReport) -> Iterator[str]:
    forecast = report.forecast
    if forecast is None:
        return
    cost = "at an unknown price" if forecast.cost_usd is None else f"for about {money(forecast.cost_usd)}"
    noun = "request" if forecast.requests == 1 else "requests"
    tokens = f"{compact(forecast.input_tokens)} tokens in and {compact(forecast.output_tokens)} out"
    yield f"Labelling them would take {number(forecast.requests)} {noun}, {tokens}, {cost}."
    if forecast.reused:
        verb = "label is" if forecast.reused == 1 else "labels are"
        yield f"{number(forecast.reused)} {verb} paid for already and would be reused."


def _leaders(report: WeekReport) -> Iterator[str]:
    by_id = {section.facts.id: section for section in report.classifiers}
    topic = by_id.get("topic")
    if topic and topic.rows:
        first = max(topic.rows, key=lambda row: row.share.share)
        yield f"The largest topic is {first.name}: {percent(first.share.share)} ({interval(first.share)}, n {number(first.n)})."
    satisfaction = by_id.get("satisfaction")
    satisfied = next((row for row in satisfaction.rows if row.label == "satisfied"), None) if satisfaction else None
    if satisfied:
        yield f"{percent(satisfied.share.share)} were satisfied ({interval(satisfied.share)}, n {number(satisfied.n)})."


def _changed(report: WeekReport) -> Iterator[str]:
    changes = report.changes
    if not changes:
        return
    real = [(section, row) for section, row in changes if row.is_real]
    if not real:
        yield f"None of {len(changes)} label shares differs from week {report.previous_week} by more than chance."
        return
    named = [
        f"{row.name} ({section.facts.title.lower()}) {points(row.change.change)}"
        for section, row in real[:_NAMED]
        if row.change
    ]
    verb = "differs" if len(real) == 1 else "differ"
    led = "" if len(real) <= _NAMED else "led by "
    yield (
        f"{len(real)} of {len(changes)} label shares {verb} from week {report.previous_week} by more than chance: "
        f"{led}{', '.join(named)} points."
    )


def _failed(report: WeekReport) -> Iterator[str]:
    judged = [check for check in report.checks if check.effect != "off"]
    if not judged:
        return
    failed = [check for check in judged if not check.passed]
    if not failed:
        yield "The quality check passed." if len(judged) == 1 else f"All {len(judged)} quality checks passed."
        return
    names = list(dict.fromkeys(check.id.replace("_", " ") for check in failed))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    yield f"{len(failed)} of {len(judged)} quality checks failed: {', '.join(names[:_NAMED])}{more}."

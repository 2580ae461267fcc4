"""A `WeekReport` as one HTML page: no script, no request to anywhere, every string from data escaped."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from semtel_ops.report import charts, text
from semtel_ops.report.findings import findings, leader
from semtel_ops.report.model import ClassifierSection, EndpointLimits, LabelRow, LimitCause, SliceSection, WeekReport

CHANGES_DRAWN = 12
"""Changes shown as a chart, real ones first; all are in the table."""

_COLUMNS = 3
_MATCHED = ("exact", "normalised", "alias", "near", "relabelled")
_STATUS = ("success", "invalid_output", "refused", "error", "expired", "missing")

_MOVED = {
    "circuit": "Circuit",
    "concurrency": "Requests at once",
    "learned_requests_per_minute": "Requests a minute, learned",
    "pause_s": "Pause",
    "requests_per_minute": "Requests a minute",
    "requests_per_s": "Requests a second",
    "share": "Share of the endpoint",
    "tokens_per_minute": "Tokens a minute",
}
_CIRCUIT = {0.0: "open", 0.5: "half open", 1.0: "closed"}

_UNFINISHED = ("bad", "Not published when this page was made")

_BANNERS = {
    "stopped": ("bad", "Not published: the quality gate stopped this run"),
    "failed": ("bad", "Not published: this run failed"),
    "rejected": ("note", "Not published: it was rejected by a person"),
    "dry_run": ("note", "Dry run: nothing was asked and nothing was published"),
    "superseded": ("note", "Replaced: another run of this week has been published since"),
    "planned": _UNFINISHED,
    "running": _UNFINISHED,
    "validated": _UNFINISHED,
}


_SIMULATED = (
    "These labels come from a lexical match, not a language model: the endpoint is the simulator. "
    "Read the page for its shape, not for its findings."
)


def render(report: WeekReport) -> str:
    """The page's HTML."""
    template = templates().get_template("report.html.j2")
    return str(
        template.render(
            report=report,
            title="Week {1}, {0}".format(*report.start.isocalendar()),
            findings=findings(report),
            banners=banners(report),
            share_charts={section.facts.id: charts.share_chart(section) for section in report.classifiers if section.rows},
            change_charts=_change_charts(report),
            slices=[
                (section, *slice_ends(section), charts.slice_chart(section, *slice_ends(section))) for section in report.slices
            ],
            trend_charts=_trend_charts(report),
            rubric=_rubric(report),
            limits=[
                (one, _limits_heading(one), charts.limit_chart(one, f"limit-{at}"), [_cause(cause) for cause in one.causes])
                for at, one in enumerate(report.limits)
            ],
            matched_words=_seen(_MATCHED, [section.matched_by for section in report.classifiers]),
            status_words=_seen(_STATUS, [section.by_status for section in report.classifiers]),
            leader=leader,
        )
    )


@cache
def templates() -> Any:
    """The templates of all pages, with the words numbers are said in."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("semtel_ops.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = (text.number, text.compact, text.percent, text.interval, text.points, text.money, text.duration)
    words = (text.milliseconds, text.moment, text.coefficient, text.check_name)
    environment.filters.update({show.__name__: show for show in (*shown, *words)})
    environment.globals["span"] = text.span
    return environment


def banners(report: WeekReport) -> list[tuple[str, str, str]]:
    """(kind, heading, sentence) of what a reader must know before any number."""
    banners = []
    if report.state in _BANNERS:
        kind, heading = _BANNERS[report.state]
        banners.append((kind, heading, " ".join(filter(None, (report.message or _why(report), _instead(report))))))
    if report.reprocessed is not None:
        again = report.reprocessed
        banners.append(("note", f"A reprocess of run {again.base_run}", " ".join(again.sentences)))
    if report.totals.missing_shards:
        missing = ", ".join(map(str, report.totals.missing_shards[:10]))
        banners.append(
            (
                "bad",
                f"{len(report.totals.missing_shards)} shards never landed",
                f"Shards {missing}. Their rows have status missing.",
            )
        )
    if report.simulated:
        banners.append(("note", "Simulated labels", _SIMULATED))
    return banners


def _instead(report: WeekReport) -> str:
    """What the week's labels are, where they are not this run's."""
    if report.published_run is None:
        return ""
    return f"The published labels of this week are those of run {report.published_run}, which has a page of its own."


def _why(report: WeekReport) -> str:
    failed = [check for check in report.checks if not check.passed and check.effect == "stop"]
    if not failed:
        return ""
    return "; ".join(f"{check.id.replace('_', ' ')}: {check.observed}, expected {check.expected}" for check in failed[:3]) + "."


def change_columns(
    changes: Sequence[tuple[ClassifierSection, LabelRow]],
) -> tuple[list[Sequence[tuple[ClassifierSection, LabelRow]]], float]:
    """The largest changes, cut into columns, and the reach of the scale they share."""
    ordered = sorted(changes, key=lambda pair: not pair[1].is_real)[:CHANGES_DRAWN]
    ends = [abs(end) for _section, row in ordered if row.change for end in (row.change.low, row.change.high)]
    height = max(1, -(-len(ordered) // _COLUMNS))
    return [ordered[at : at + height] for at in range(0, len(ordered), height)], max([*ends, 0.01])


def _change_charts(report: WeekReport) -> list[Any]:
    columns, reach = change_columns(report.changes)
    return [charts.change_chart(part, reach, f"change-{at}") for at, part in enumerate(columns)]


def _trend_charts(report: WeekReport) -> dict[str, Any]:
    """One for each classifier with at least three weeks to show."""
    weeks = {section.facts.id: report.trend.get(section.facts.id, {}) for section in report.classifiers}
    return {
        section.facts.id: charts.trend_chart(section, weeks[section.facts.id])
        for section in report.classifiers
        if len(weeks[section.facts.id]) >= 3 and section.rows and section.not_compared is None
    }


def _limits_heading(limits: EndpointLimits) -> str:
    """Where the search for an endpoint's limit came out, as a statement."""
    if limits.lowest is None or limits.highest is None:
        return "The number at once never moved"
    low, high = min(limits.last), max(limits.last)
    last = text.number(low) if low == high else f"{text.number(low)}–{text.number(high)}"
    ended = f"{last} at once in the end" if limits.tasks == 1 else f"{last} at once in each task in the end"
    return f"{ended}, after between {text.number(limits.lowest)} and {text.number(limits.highest)}"


def _cause(cause: LimitCause) -> tuple[str, str, str, str, str]:
    """(number, reason, times, largest change, when) in words."""
    name = _MOVED.get(cause.what, cause.what.replace("_", " "))
    return name, cause.reason, text.number(cause.count), _moved(cause), text.duration(cause.at_s)


def _moved(cause: LimitCause) -> str:
    if cause.what == "pause_s":
        return text.duration(cause.new)
    if cause.what == "circuit":
        return f"{_CIRCUIT.get(cause.old, cause.old)} → {_CIRCUIT.get(cause.new, cause.new)}"
    # Nothing known before is not a rate of 0.
    return text.quantity(cause.new) if cause.old == 0 else f"{text.quantity(cause.old)} → {text.quantity(cause.new)}"


def slice_ends(section: SliceSection) -> tuple[str, str]:
    """The outcomes a slice chart compares."""
    labels = list(section.rows[0].shares) if section.rows else []
    return (
        "satisfied" if "satisfied" in labels or not labels else labels[0],
        "dissatisfied" if "dissatisfied" in labels or not labels else labels[-1],
    )


def _rubric(report: WeekReport) -> list[tuple[ClassifierSection, Sequence[LabelRow], Sequence[LabelRow]]]:
    """Rubric classifiers with the items for and against that were found most."""
    found: list[tuple[ClassifierSection, Sequence[LabelRow], Sequence[LabelRow]]] = []
    for section in report.classifiers:
        groups = section.facts.item_groups
        good = [row for row in section.items if groups.get(row.label) == "sat"]
        bad = [row for row in section.items if groups.get(row.label) == "dsat"]
        if good or bad:
            found.append((section, good[:5], bad[:5]))
    return found


def _seen(words: Sequence[str], counts: Sequence[dict[str, int]]) -> list[str]:
    """The words that occur, known ones in their order."""
    present = {word for one in counts for word in one}
    return [word for word in words if word in present] + sorted(present - set(words))

"""A `WeekReport` as one HTML page: no script, nothing loaded from the network, every string from data escaped."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from semtel_ops import humanize
from semtel_ops.evaluation.intervals import Share
from semtel_ops.report import charts
from semtel_ops.report.findings import findings, leader
from semtel_ops.report.html import html_templates
from semtel_ops.report.labellers import parts_of_change
from semtel_ops.report.model import ClassifierSection, EndpointLimits, LabelRow, LimitCause, SliceSection, WeekReport

if TYPE_CHECKING:
    from jinja2 import Environment

CHANGES_DRAWN = 12
"""Maximum number of changes in the charts, significant changes first; the table has all changes."""

_COLUMNS = 3
_FILTERS = (
    "number", "compact", "percent", "points", "money", "estimate", "duration", "date_time", "coefficient", "words", "title",
)  # fmt: skip
_MATCHED = ("exact", "normalised", "alias", "near", "relabelled")
_STATUS = ("success", "invalid_output", "refused", "error", "expired", "missing")

_LIMIT_NAMES = {
    "circuit": "Circuit breaker",
    "concurrency": "Concurrent requests",
    "learned_requests_per_minute": "Requests per minute, learned",
    "pause_s": "Pause",
    "requests_per_minute": "Requests per minute",
    "requests_per_s": "Requests per second",
    "share": "Share of the endpoint",
    "tokens_per_minute": "Tokens per minute",
}
_CIRCUIT = {0.0: "open", 0.5: "half open", 1.0: "closed"}

_UNFINISHED = ("bad", "Not published when this report was generated")

_BANNERS = {
    "stopped": ("bad", "Not published: the quality gate stopped this run"),
    "failed": ("bad", "Not published: this run failed"),
    "rejected": ("note", "Not published: rejected by a reviewer"),
    "dry_run": ("note", "Dry run: no request was sent and nothing was published"),
    "superseded": ("note", "Superseded: a later run of this week was published"),
    "planned": _UNFINISHED,
    "running": _UNFINISHED,
    "validated": _UNFINISHED,
}


_SIMULATED = (
    "These labels come from the simulator’s lexical matching, not from a language model. "
    "Use this page to check the layout, not to draw conclusions."
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
            share_charts={section.info.id: charts.share_chart(section) for section in report.classifiers if section.rows},
            change_charts=_change_charts(report),
            slices=[
                (section, *slice_ends(section), charts.slice_chart(section, *slice_ends(section))) for section in report.slices
            ],
            trend_charts=_trend_charts(report),
            rubric=_rubric(report),
            limits=[
                (
                    endpoint,
                    _limits_heading(endpoint),
                    charts.limit_chart(endpoint, f"limit-{index}"),
                    [_cause(cause) for cause in endpoint.causes],
                )
                for index, endpoint in enumerate(report.limits)
            ],
            matched_words=_known_first(_MATCHED, [section.matched_by for section in report.classifiers]),
            status_words=_known_first(_STATUS, [section.by_status for section in report.classifiers]),
            leader=leader,
            parts_of_change=parts_of_change,
        )
    )


@cache
def templates() -> "Environment":
    """The templates of all pages, with the functions that format numbers."""
    environment = html_templates("semtel_ops.report")
    environment.filters.update({name: getattr(humanize, name) for name in _FILTERS})
    environment.filters["interval"] = _interval
    environment.globals.update(count=humanize.count, date_range=humanize.date_range)
    return environment


def _interval(share: Share) -> str:
    return humanize.interval(share.low, share.high)


def banners(report: WeekReport) -> list[tuple[str, str, str]]:
    """(kind, heading, sentence): notices above the numbers, in the order of the page."""
    banners = []
    if report.state in _BANNERS:
        kind, heading = _BANNERS[report.state]
        banners.append(
            (kind, heading, " ".join(filter(None, (report.message or _failed_checks(report), _published_instead(report)))))
        )
    if report.reprocessed is not None:
        reprocessed = report.reprocessed
        banners.append(("note", f"Reprocess of run {reprocessed.base_run}", " ".join(reprocessed.sentences)))
    if report.align_command is not None:
        note = report.labeller_note or ""
        banners.append(("note", "A new labeller waits for an alignment", f"{note[:1].upper()}{note[1:]}."))
    if report.totals.missing_shards:
        missing = ", ".join(map(str, report.totals.missing_shards[:10]))
        banners.append(
            (
                "bad",
                f"{humanize.count(len(report.totals.missing_shards), 'shard')} did not land",
                f"Their rows have the status missing: shards {missing}.",
            )
        )
    if report.simulated:
        banners.append(("note", "Simulated labels", _SIMULATED))
    return banners


def _published_instead(report: WeekReport) -> str:
    """The run whose labels are published, in a sentence; empty where that is this run."""
    if report.published_run is None:
        return ""
    return f"The published labels of this week come from run {report.published_run}, which has its own report."


def _failed_checks(report: WeekReport) -> str:
    failed = [check for check in report.checks if not check.passed and check.effect == "stop"]
    if not failed:
        return ""
    return "; ".join(f"{humanize.words(check.id)}: {check.observed}, expected {check.expected}" for check in failed[:3]) + "."


def change_columns(
    changes: Sequence[tuple[ClassifierSection, LabelRow]],
) -> tuple[list[Sequence[tuple[ClassifierSection, LabelRow]]], float]:
    """The changes to draw, split into columns, and the upper end of their common scale, at least 0.01."""
    ordered = sorted(changes, key=lambda pair: not pair[1].is_real)[:CHANGES_DRAWN]
    ends = [abs(end) for _section, row in ordered if row.change for end in (row.change.low, row.change.high)]
    height = max(1, -(-len(ordered) // _COLUMNS))
    return [ordered[start : start + height] for start in range(0, len(ordered), height)], max([*ends, 0.01])


def _change_charts(report: WeekReport) -> list[Any]:
    columns, reach = change_columns(report.changes)
    return [charts.change_chart(column, reach, f"change-{index}") for index, column in enumerate(columns)]


def _trend_charts(report: WeekReport) -> dict[str, Any]:
    """A chart for each classifier with at least three weeks to show."""
    weeks = {section.info.id: report.trend.get(section.info.id, {}) for section in report.classifiers}
    return {
        section.info.id: charts.trend_chart(section, weeks[section.info.id])
        for section in report.classifiers
        if len(weeks[section.info.id]) >= 3 and section.rows and section.not_compared is None
    }


def _limits_heading(limits: EndpointLimits) -> str:
    """The last value and the range of an endpoint's limit."""
    if limits.lowest is None or limits.highest is None:
        return "The limit did not change"
    low, high = min(limits.last), max(limits.last)
    last = humanize.number(low) if low == high else f"{humanize.number(low)}–{humanize.number(high)}"
    per_task = "" if limits.tasks == 1 else " per task"
    reach = f"{humanize.number(limits.lowest)}–{humanize.number(limits.highest)}"
    return f"{last} concurrent requests{per_task} at the end, range {reach}"


def _cause(cause: LimitCause) -> tuple[str, str, str, str, str]:
    """(name, reason, count, largest change, time of that change) as text."""
    name = _LIMIT_NAMES.get(cause.what, humanize.words(cause.what))
    return name, cause.reason, humanize.number(cause.count), _change_text(cause), humanize.duration(cause.at_s)


def _change_text(cause: LimitCause) -> str:
    if cause.what == "pause_s":
        return humanize.duration(cause.new)
    if cause.what == "circuit":
        return f"{_CIRCUIT.get(cause.old, cause.old)} → {_CIRCUIT.get(cause.new, cause.new)}"
    old, new = humanize.quantity(cause.old), humanize.quantity(cause.new)
    return new if cause.old == 0 else f"{old} → {new}"  # 0 means that no value was known, not a rate of 0


def slice_ends(section: SliceSection) -> tuple[str, str]:
    """The two outcomes that a slice chart compares, the better outcome first."""
    labels = list(section.rows[0].shares) if section.rows else []
    return (
        "satisfied" if "satisfied" in labels or not labels else labels[0],
        "dissatisfied" if "dissatisfied" in labels or not labels else labels[-1],
    )


def _rubric(report: WeekReport) -> list[tuple[ClassifierSection, Sequence[LabelRow], Sequence[LabelRow]]]:
    """Rubric classifiers with their most frequent positive and negative items, up to five of each."""
    rubrics: list[tuple[ClassifierSection, Sequence[LabelRow], Sequence[LabelRow]]] = []
    for section in report.classifiers:
        groups = section.info.item_groups
        good = [row for row in section.items if groups.get(row.label) == "sat"]
        bad = [row for row in section.items if groups.get(row.label) == "dsat"]
        if good or bad:
            rubrics.append((section, good[:5], bad[:5]))
    return rubrics


def _known_first(words: Sequence[str], counts: Sequence[dict[str, int]]) -> list[str]:
    """The words that occur in the counts: those in `words` in that order, then all others sorted."""
    present = {word for by_word in counts for word in by_word}
    return [word for word in words if word in present] + sorted(present - set(words))

"""Weighted label shares of a run: SQL sums over its label rows, then intervals.

Only rows with status success count, so shares are of labelled conversations. Memory holds sums, never rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from semtel_ops.evaluation import Share, share_of
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.corrected import CorrectedShare, corrected_of
from semtel_ops.store import sql_engine
from semtel_ops.store.ledger_rows import WeeklyShare

ROWS = "label_rows"
"""Name of the view that the SQL statements read."""

COLUMNS = (
    "conversation_id", "classifier", "classifier_version", "label", "labels", "score", "status", "matched_by", "lane",
    "endpoint", "model", "truncated_tokens", "compression_ratio", "input_tokens", "output_tokens", "cost_usd",
    "latency_ms", "reused", "sample_weight", "served_model", "labeller",
)  # fmt: skip

SLICES = (("satisfaction", "user_expertise"), ("satisfaction", "topic"))
"""(outcome, by) pairs of classifiers, published and shown where a run has both."""


@dataclass(frozen=True, slots=True)
class LabelShare:
    """Share of a label, a group of labels or a rubric item.

    Attributes:
        level: `label`; `group` for the sum of a group's labels; `item` for an item of a rubric.
        n: rows with this label; `share.n` is the number of rows in the denominator.
        weight: number of conversations in the population that rows with this label represent.
        corrected: the share, corrected with labels by people; None where there is no correction.
        corrected_note: what the interval of `corrected` covers, or why there is none; None where that was not examined.
    """

    classifier: str
    level: str
    label: str
    n: int
    weight: float
    share: Share
    corrected: CorrectedShare | None = None
    corrected_note: str | None = None


@dataclass(frozen=True, slots=True)
class SliceShare:
    """Share of a label within a slice: the conversations that `by_classifier` labelled `by_label`."""

    classifier: str
    by_classifier: str
    by_label: str
    label: str
    n: int
    weight: float
    share: Share


def label_shares(con: sql_engine.Connection, classifiers: Sequence[ClassifierInfo]) -> list[LabelShare]:
    """Shares of every label, group and rubric item in the rows, by classifier and level, the largest first."""
    totals = {row["classifier"]: row for row in sql_engine.records(con, _TOTALS)}
    several = [info.id for info in classifiers if info.several]
    rubrics = [info.id for info in classifiers if info.items]
    sums = [*sql_engine.records(con, _ONE_LABEL, several=several), *sql_engine.records(con, _SEVERAL_LABELS, several=several)]
    groups = {info.id: info.groups for info in classifiers if not info.several}
    shares = [_label_share(row, "label", totals) for row in sums]
    shares += [_label_share(row, "group", totals) for row in _grouped(sums, groups)]
    shares += [_label_share(row, "item", totals) for row in sql_engine.records(con, _SEVERAL_LABELS, several=rubrics)]
    return sorted(shares, key=lambda share: (share.classifier, share.level, -share.share.share, share.label))


def slice_shares(
    con: sql_engine.Connection, classifier: str, by_classifier: str, *, floor: int
) -> tuple[list[SliceShare], int]:
    """Shares of one classifier's labels within each label of another.

    Returns:
        The shares of slices with at least `floor` conversations, and how many smaller slices were left out.
    """
    sums = list(sql_engine.records(con, _SLICES, classifier=classifier, by_classifier=by_classifier))
    slices: dict[str, tuple[int, float, float]] = {}
    for row in sums:
        n, weight, squared = slices.get(row["by_label"], (0, 0.0, 0.0))
        slices[row["by_label"]] = (n + row["n"], weight + row["weight"], squared + row["squared"])
    shown = {label for label, (n, _weight, _squared) in slices.items() if n >= floor}
    labels = sorted({row["label"] for row in sums})
    rows = {(row["by_label"], row["label"]): row for row in sums}
    shares = []
    for by_label in sorted(shown):
        n, weight, squared = slices[by_label]
        for label in labels:
            row = rows.get((by_label, label), {"n": 0, "weight": 0.0})
            share = share_of(row["weight"], weight, squared, n)
            shares.append(SliceShare(classifier, by_classifier, by_label, label, row["n"], row["weight"], share))
    return shares, len(slices) - len(shown)


def as_published(shares: Sequence[LabelShare], weekly: Sequence[WeeklyShare]) -> list[LabelShare]:
    """The shares of a run's rows with the corrections of its published shares."""
    rows = {(row.classifier, row.level, row.label): row for row in weekly}
    found = [(share, rows.get((share.classifier, share.level, share.label))) for share in shares]
    return [
        share if row is None else replace(share, corrected=corrected_of(row), corrected_note=row.corrected_note)
        for share, row in found
    ]


def classifier_versions(con: sql_engine.Connection) -> dict[str, str]:
    """Version of each classifier, from its rows."""
    return {row["classifier"]: row["version"] for row in sql_engine.records(con, _VERSIONS)}


def _label_share(row: Mapping[str, Any], level: str, totals: Mapping[str, Mapping[str, Any]]) -> LabelShare:
    total = totals[row["classifier"]]
    share = share_of(row["weight"], total["weight"], total["squared"], total["n"])
    return LabelShare(row["classifier"], level, row["label"], row["n"], row["weight"], share)


def _grouped(sums: Sequence[Mapping[str, Any]], groups: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """The sums added up by group of labels; labels without a group are left out."""
    totals: dict[tuple[str, str], dict[str, Any]] = {}
    for row in sums:
        group = groups.get(row["classifier"], {}).get(row["label"])
        if group is not None:
            new = {"classifier": row["classifier"], "label": group, "n": 0, "weight": 0.0}
            group_sum = totals.setdefault((row["classifier"], group), new)
            group_sum["n"] += row["n"]
            group_sum["weight"] += row["weight"]
    yield from totals.values()


_TOTALS = f"""
select classifier, count(*) as n, sum(sample_weight) as weight, sum(sample_weight * sample_weight) as squared
from {ROWS} where status = 'success' group by classifier
"""  # noqa: S608 - the view's name is ours

_VERSIONS = f"select classifier, max(classifier_version) as version from {ROWS} group by classifier"  # noqa: S608

_ONE_LABEL = f"""
select classifier, label, count(*) as n, sum(sample_weight) as weight
from {ROWS} where status = 'success' and label is not null and not list_contains($several, classifier)
group by classifier, label
"""  # noqa: S608

_SEVERAL_LABELS = f"""
select classifier, label, count(*) as n, sum(sample_weight) as weight
from (
    select classifier, sample_weight, unnest(list_distinct(labels)) as label
    from {ROWS} where status = 'success' and list_contains($several, classifier)
) as members
group by classifier, label
"""  # noqa: S608

_SLICES = f"""
select slice.label as by_label, outcome.label as label, count(*) as n,
       sum(outcome.sample_weight) as weight, sum(outcome.sample_weight * outcome.sample_weight) as squared
from {ROWS} as outcome
join {ROWS} as slice on slice.conversation_id = outcome.conversation_id
where outcome.classifier = $classifier and outcome.status = 'success' and outcome.label is not null
  and slice.classifier = $by_classifier and slice.status = 'success' and slice.label is not null
group by slice.label, outcome.label
"""  # noqa: S608

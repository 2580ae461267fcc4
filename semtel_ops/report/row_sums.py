"""Sums over the label rows of a run, by SQL. Every number of a report about rows comes from here. Memory holds no rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from semtel_ops.bridging import Part
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.model import EndpointUse, Shortening
from semtel_ops.report.row_labellers import labeller_rows, parts_of
from semtel_ops.report.shares import COLUMNS, ROWS, SLICES, LabelShare, SliceShare, label_shares, slice_shares
from semtel_ops.store import sql_engine
from semtel_ops.store.tables import NEWER_LABELS

Slicing = tuple[str, str]
"""The classifier whose labels are counted, and the classifier whose labels are the slices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSums:
    """Sums over label rows.

    Attributes:
        shares: of labels, groups and items, in any order.
        slices: shares within slices of at least `min_slice` conversations; `hidden` counts the smaller slices.
        by_status, matched_by: classifier → value of the column → rows, the most frequent value first.
        scores: classifier → weighted mean score; classifiers without scores are absent.
        shortening: None without rows.
        labellers: classifier → who labelled, who labelled most first.
    """

    shares: Sequence[LabelShare] = ()
    slices: Sequence[SliceShare] = ()
    hidden: Mapping[Slicing, int] = field(default_factory=dict)
    min_slice: int = 0
    by_status: Mapping[str, dict[str, int]] = field(default_factory=dict)
    matched_by: Mapping[str, dict[str, int]] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    endpoints: Sequence[EndpointUse] = ()
    shortening: Shortening | None = None
    labellers: Mapping[str, Sequence[Part]] = field(default_factory=dict)


def read_row_sums(urls: Sequence[str], classifiers: Sequence[ClassifierInfo], min_slice: int) -> RowSums:
    """Sums over the rows of these files; without files, sums over no rows."""
    if not urls:
        return RowSums(min_slice=min_slice)
    ids = {info.id for info in classifiers}
    with sql_engine.connect() as con:
        sql_engine.read(con, ROWS, urls, COLUMNS, newer=NEWER_LABELS)
        sliced = {pair: slice_shares(con, *pair, floor=min_slice) for pair in SLICES if ids.issuperset(pair)}
        return RowSums(
            shares=label_shares(con, classifiers),
            slices=[share for shares, _hidden in sliced.values() for share in shares],
            hidden={pair: hidden for pair, (_shares, hidden) in sliced.items()},
            min_slice=min_slice,
            by_status=_counts(con, "status"),
            matched_by=_counts(con, "matched_by"),
            scores={row["classifier"]: row["score"] for row in sql_engine.records(con, _SCORES)},
            endpoints=[EndpointUse(**row) for row in sql_engine.records(con, _ENDPOINTS)],
            shortening=Shortening(**next(sql_engine.records(con, _SHORTENING))),
            labellers=parts_of(labeller_rows(con)),
        )


def _counts(con: sql_engine.Connection, column: str) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in sql_engine.records(con, _COUNTS.format(column=column)):
        counts.setdefault(row["classifier"], {})[row["word"]] = row["n"]
    return counts


_COUNTS = f"""
select classifier, {{column}} as word, count(*) as n from {ROWS}
where {{column}} is not null group by classifier, {{column}} order by n desc, word
"""  # noqa: S608 - names of our own view and columns

_SCORES = f"""
select classifier, sum(score * sample_weight) / sum(sample_weight) as score from {ROWS}
where status = 'success' and score is not null group by classifier having sum(sample_weight) > 0
"""  # noqa: S608

# Another run paid for reused rows: the rows are counted, their tokens and cost are not.
_ENDPOINTS = f"""
select endpoint as name, coalesce(model, '') as model, coalesce(lane, '') as lane, count(*) as rows,
       cast(coalesce(sum(input_tokens) filter (where not reused), 0) as bigint) as input_tokens,
       cast(coalesce(sum(output_tokens) filter (where not reused), 0) as bigint) as output_tokens,
       case when count(*) filter (where cost_usd is null and not reused) = 0
            then coalesce(sum(cost_usd) filter (where not reused), 0) end as cost_usd,
       approx_quantile(latency_ms, 0.5) filter (where not reused) as p50_ms,
       approx_quantile(latency_ms, 0.95) filter (where not reused) as p95_ms
from {ROWS} where endpoint is not null group by endpoint, model, lane order by rows desc, name, lane
"""  # noqa: S608

# Every conversation has exactly one row per classifier, so the rows of any classifier count the conversations.
_SHORTENING = f"""
select count(*) as conversations, count(*) filter (where truncated_tokens > 0) as truncated,
       cast(coalesce(sum(truncated_tokens), 0) as bigint) as truncated_tokens, avg(compression_ratio) as compression_ratio
from {ROWS} where classifier = (select min(classifier) from {ROWS})
"""  # noqa: S608

"""manifest.json of `semtel classify`."""

from typing import TypedDict

from semtel_ops.runs.documents.limits import LimitChange
from semtel_ops.runs.documents.refusals import RefusalCount
from semtel_ops.runs.documents.totals import CleaningCounts, EndpointTotals, StrategySummary


class ClassifyManifest(TypedDict):
    """manifest.json of `semtel classify`, beside labels/. All numbers but `seconds` cover the whole run, over all calls.

    Attributes:
        run_id: the run.
        classifiers: ids, in the order of the configuration.
        read: records in the source.
        quarantined: unusable records; quarantine/ has the reasons.
        duplicates: records excluded as duplicates.
        sampled: conversations that were labelled.
        landed: label rows.
        by_status: status → rows.
        by_lane: lane → rows.
        by_endpoint: endpoint → its totals.
        cleaning: how replies became labels.
        strategy: results of shared requests; None for a run without shared requests.
        requests: requests paid for by this run.
        reused: rows paid for by other runs.
        cost_usd: what this run paid; None if a price is unknown.
        input_tokens, output_tokens: tokens paid for by this run.
        estimated_rows: rows whose tokens and cost are our estimate, since an endpoint did not count them.
        damaged_segments: files of the journal that were found to be damaged, all in journal/damaged/; what was lost with them
            was requested again.
        seconds: duration of this call.
        limits: changes of the endpoints' limits, oldest first; the latest 1,000.
        refusals: failed calls by what the endpoint said, the most frequent first; at most 50 kinds, the others added up.
    """

    run_id: str
    classifiers: list[str]
    read: int
    quarantined: int
    duplicates: int
    sampled: int
    landed: int
    by_status: dict[str, int]
    by_lane: dict[str, int]
    by_endpoint: dict[str, EndpointTotals]
    cleaning: list[CleaningCounts]
    strategy: StrategySummary | None
    requests: int
    reused: int
    cost_usd: float | None
    input_tokens: int
    output_tokens: int
    estimated_rows: int
    damaged_segments: int
    seconds: float
    limits: list[LimitChange]
    refusals: list[RefusalCount]

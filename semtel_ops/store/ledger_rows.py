"""Rows of the ledger as values: fields for writers, and records for readers. `ledger_tables` describes the columns."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from semtel_ops.store.ledger_tables import RunKind, RunState


class RunFields(TypedDict, total=False):
    """Columns of `run` that a step may set; absent columns keep their values."""

    state: RunState
    kind: RunKind
    started_at: datetime | None
    finished_at: datetime | None
    config_fingerprint: str | None
    sampled: int | None
    landed: int | None
    succeeded: int | None
    requests: int | None
    reused: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    seconds: float | None
    verdict: str | None
    simulated: bool | None
    supersedes: str | None
    report_url: str | None
    message: str | None
    base_run: str | None
    requested_by: str | None
    reason: str | None
    approved_by: str | None


class ShardFields(TypedDict, total=False):
    """Columns of `shard` that a step may set; absent columns keep their values."""

    state: str
    conversations: int | None
    rows: int | None
    requests: int | None
    reused: int | None
    cost_usd: float | None
    input_tokens: int | None
    output_tokens: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A row of `run`."""

    week: str
    run_id: str
    state: RunState
    kind: RunKind
    started_at: datetime | None
    finished_at: datetime | None
    config_fingerprint: str | None
    sampled: int | None
    landed: int | None
    succeeded: int | None
    requests: int | None
    reused: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    seconds: float | None
    verdict: str | None
    simulated: bool | None
    supersedes: str | None
    report_url: str | None
    message: str | None
    base_run: str | None
    requested_by: str | None
    reason: str | None
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class WeeklyShare:
    """A row of `weekly_share`: the share of a label in a published week."""

    week: str
    run_id: str
    classifier: str
    level: str
    label: str
    n: int
    total_n: int
    effective_n: float
    weight: float
    share: float
    low: float
    high: float
    classifier_version: str | None = None
    labeller: str | None = None
    share_corrected: float | None = None
    corrected_low: float | None = None
    corrected_high: float | None = None
    corrected_n: int | None = None
    corrected_method: str | None = None
    corrected_note: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointShare:
    """A row of `endpoint_share`: demand and use of a task at an endpoint.

    Attributes:
        heartbeat_at: last heartbeat of the holder, seconds since 1970.
        demand: concurrent requests that the holder could use.
        share: concurrent requests that the holder uses.
    """

    endpoint: str
    holder: str
    heartbeat_at: float
    demand: float
    share: float

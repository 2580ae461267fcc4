"""An alert: what happened, the affected rows with example ids, the cost, and links for a response."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from semtel_ops.settings import AlertKind, AlertSeverity

MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Counts:
    """Expected and actual rows of a run: one row per conversation and classifier."""

    sampled: int  # conversations
    expected: int
    landed: int
    by_status: Mapping[str, int]

    @property
    def succeeded(self) -> int:
        return self.by_status.get("success", 0)


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of an alert; None where there is no such page."""

    runbook: str
    run: str | None = None
    report: str | None = None
    data_docs: str | None = None
    reprocess: str | None = None  # a form with its fields filled in; opening it starts nothing


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of a run, raised once for each key. Contains ids, counts and amounts, never conversation text.

    Attributes:
        key: identifies the alert within its run, such as label_drift:topic.
        what: what happened, as a sentence without a capital letter and full stop.
        findings: observed and expected values of the failed checks, the most severe first.
        worst: the most affected classifier.
        examples: ids of up to three conversations.
        cost_usd: of the run so far; None if unknown.
    """

    key: str
    kind: AlertKind
    severity: AlertSeverity
    week: str
    run_id: str
    what: str
    links: Links
    raised_at: datetime
    findings: tuple[str, ...] = ()
    counts: Counts | None = None
    worst: str | None = None
    examples: tuple[str, ...] = ()
    cost_usd: float | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def is_notice(self) -> bool:
        """Whether its cause was already over when it was raised. A notice is sent once and never resolved later."""
        return self.resolved_at == self.raised_at

    @property
    def dedup_key(self) -> str:
        """Identifies the alert for receivers. The same when the alert is raised and when it is resolved."""
        return f"semtel/{self.week}/{self.run_id}/{self.key}"

    def resolved(self, at: datetime, resolution: str) -> "Alert":
        return replace(self, resolved_at=at, resolution=resolution)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, default=_as_text)

    @classmethod
    def from_json(cls, text: str) -> "Alert":
        fields: dict[str, Any] = json.loads(text)
        fields["kind"], fields["severity"] = AlertKind(fields["kind"]), AlertSeverity(fields["severity"])
        fields["links"] = Links(**fields["links"])
        fields["counts"] = None if fields["counts"] is None else Counts(**fields["counts"])
        fields["findings"], fields["examples"] = tuple(fields["findings"]), tuple(fields["examples"])
        for name in ("raised_at", "resolved_at"):
            fields[name] = None if fields[name] is None else datetime.fromisoformat(fields[name])
        return cls(**fields)


def _as_text(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()

"""An alert: what broke, how much of it, which ids, what it cost, and where to act."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from semtel_ops.settings import AlertKind, AlertSeverity

MAX_EXAMPLES = 3
_ID_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Counts:
    """What there was against what there should have been, in rows: one for each conversation and classifier."""

    sampled: int  # conversations
    expected: int
    landed: int
    by_status: Mapping[str, int]

    @property
    def succeeded(self) -> int:
        return self.by_status.get("success", 0)


@dataclass(frozen=True, slots=True)
class Links:
    """Where to look and what to press; None where there is no such place."""

    runbook: str
    run: str | None = None
    report: str | None = None
    data_docs: str | None = None
    reprocess: str | None = None  # a form with the week filled in; opening it starts nothing


@dataclass(frozen=True, slots=True)
class Alert:
    """Raised once for a run and key; ids, counts and money, never text of a conversation.

    Attributes:
        key: what tells this alert from the others of its run, such as label_drift:topic.
        what: one sentence: what happened.
        findings: what was seen against what was expected, the gravest first.
        worst: the classifier that is worst off.
        examples: ids of up to three conversations.
        cost_usd: of the run so far; None where it is not known.
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
        """Its cause was gone when it was found: people are told once, and nothing is left to end."""
        return self.resolved_at == self.raised_at

    @property
    def dedup_key(self) -> str:
        """The same for the alert and for its end."""
        return f"semtel/{self.week}/{self.run_id}/{self.key}"

    def resolved(self, at: datetime, resolution: str) -> "Alert":
        return replace(self, resolved_at=at, resolution=resolution)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, default=_as_text)

    @classmethod
    def from_json(cls, text: str) -> "Alert":
        held: dict[str, Any] = json.loads(text)
        held["kind"], held["severity"] = AlertKind(held["kind"]), AlertSeverity(held["severity"])
        held["links"] = Links(**held["links"])
        held["counts"] = None if held["counts"] is None else Counts(**held["counts"])
        held["findings"], held["examples"] = tuple(held["findings"]), tuple(held["examples"])
        for name in ("raised_at", "resolved_at"):
            held[name] = None if held[name] is None else datetime.fromisoformat(held[name])
        return cls(**held)


def shown_id(conversation_id: str) -> str:
    """An id that is fit for a message: sources may hold ids with line breaks in them, or of any length."""
    clean = re.sub(r"[^\w.:@/+=-]+", "_", conversation_id)
    return clean if len(clean) <= _ID_LENGTH else clean[: _ID_LENGTH - 1] + "…"


def _as_text(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()

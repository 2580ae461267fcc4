"""What a check asks, and what it found."""

from dataclasses import asdict, dataclass, field
from typing import Any

from semtel_ops.humanize import count, money, percent
from semtel_ops.settings import Severity


@dataclass(frozen=True, slots=True)
class Check:
    """One question about a run, asked of one of the frames the suites look at.

    Attributes:
        id: as in `pipeline.yaml`, quality.json and the ledger.
        column: the frame's column that holds the observed value.
        unit: how that value is written for people: share, rows, usd or text.
        limit: the largest value that passes.
    """

    id: str
    description: str
    severity: Severity
    column: str
    unit: str = "rows"
    limit: float = 0.0

    @property
    def expected(self) -> str:
        """What passes, as people read it."""
        return "none" if self.unit in {"text", "rows"} else f"at most {shown(self.limit, self.unit)}"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer to one check for one classifier, or for the whole run where `classifier` is None.

    Attributes:
        observed, expected: written for people, with their unit; never conversation text.
        notes: which labels, which conversations for example, or why the check was not judged.
    """

    id: str
    description: str
    passed: bool
    severity: Severity
    observed: str
    expected: str
    classifier: str | None = None
    notes: str = field(default="")

    @property
    def name(self) -> str:
        return f"{self.id} ({self.classifier})" if self.classifier else self.id

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def shown(value: float | None, unit: str) -> str:
    """A value as people read it: 12.5%, 1,234 rows, $0.0021."""
    if value is None or value != value:  # noqa: PLR0124 - pandas says NaN for a missing number
        return "unknown"
    if unit == "share":
        return percent(value)
    if unit == "usd":
        return money(value)
    return "none" if value == 0 else count(round(value), "row")

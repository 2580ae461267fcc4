"""Results of checks, as in files, the ledger and the report."""

from dataclasses import asdict, dataclass, field
from typing import Any

from semtel_ops.humanize import count, money, number, percent
from semtel_ops.settings import Severity


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check for a classifier, or for the whole run where `classifier` is None.

    Attributes:
        observed, expected: text for people, with the unit; never conversation text.
        notes: details such as labels and example conversations, or why the check does not apply.
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
    """A value with its unit (share, rows, classifiers or usd): 12.5%, 1,234 rows, 2 classifiers, $0.0021."""
    if value is None or value != value:  # noqa: PLR0124 - NaN, which pandas has for a missing number
        return "unknown"
    if unit == "share":
        return percent(value)
    if unit == "usd":
        return money(value)
    return "none" if value == 0 else count(round(value), unit.removesuffix("s"))


def too_few(rows: int, min_rows: int) -> str:
    """The note of a check that does not apply because there are too few rows."""
    return f"not judged: {count(rows, 'row')}, fewer than min_rows = {number(min_rows)}"

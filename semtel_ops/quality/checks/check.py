"""What a check is: one number with a bound, for each classifier, each label, or the run.

To add one, subclass `ClassifierCheck` or `RunCheck` in a module of its own and name it in `semtel_ops.extensions.builtin`. It
is then a setting under `quality:`, asked of every week, and shown in the data docs, the report, the page and the alerts.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from semtel_ops.quality.counts import ClassifierCounts
from semtel_ops.quality.drift import ShareChange
from semtel_ops.quality.evidence import Evidence
from semtel_ops.quality.gx import Condition, Expectation
from semtel_ops.quality.results import CheckResult, shown
from semtel_ops.settings import AlertKind, CheckPolicy, QualityConfig, Severity

NO_ROWS = CheckPolicy(severity=Severity.STOP, limit=0.0)
"""The policy of a check that counts rows that must not be."""


class Check(ABC):
    """One question about a run. It has no state. The first paragraph of its docstring documents its setting.

    Attributes:
        id: its name in the registry; as in `pipeline.yaml`, quality.json and the ledger.
        description: a sentence that says what is counted.
        unit: how the number is written for people: share, rows or usd.
        default: what applies where `quality:` does not mention it.
        column: the number's column in the data docs; empty: the id.
        alert: raised for a warning of this check; others share one alert.
        unanswered: it fails because rows have no answer, so asking those rows again is the remedy.
    """

    id: ClassVar[str]
    description: ClassVar[str]
    unit: ClassVar[str] = "share"
    default: ClassVar[CheckPolicy]
    column: ClassVar[str] = ""
    alert: ClassVar[AlertKind] = AlertKind.GATE_WARNED
    unanswered: ClassVar[bool] = False

    def describe(self, config: QualityConfig) -> str:  # noqa: ARG002 - for checks whose settings people must know
        return self.description

    @abstractmethod
    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        """Which rows of its frame are judged: those that meet all conditions of any of these; an empty one is met by all."""


class ClassifierCheck(Check):
    """A check with one result a classifier.

    Attributes:
        rows_where: an SQL condition (DuckDB) over label rows; the number is the share of a classifier's rows that meet it, and
            up to three conversations that do are named. Or override `observe`.
        examples_of: the count of `ClassifierCounts.examples` whose conversations are named; empty: those of `rows_where`.
    """

    rows_where: ClassVar[str] = ""
    examples_of: ClassVar[str] = ""

    def observe(self, counts: ClassifierCounts, expected_rows: int) -> float | None:  # noqa: ARG002 - for checks that compare
        """The number, None where there is nothing to count; `expected_rows` are what the classifier owes."""
        return counts.meeting.get(self.id, 0) / counts.rows if counts.rows else None

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        return [[("rows", ">=", min_rows)]]

    def explain(self, counts: ClassifierCounts, expected_rows: int) -> Sequence[str]:  # noqa: ARG002 - for checks that can
        """What people should know of the number, whether it passes or not; never conversation text."""
        return ()


class LabelCheck(Check):
    """A check with one result a classifier, from what its labels' shares are and were."""

    @abstractmethod
    def observe(self, change: ShareChange) -> float | None:
        """The number of one label; None where it has no history."""

    @abstractmethod
    def explain(self, changes: Sequence[ShareChange], limit: float, min_rows: int) -> Sequence[str]:
        """What people should know of one classifier's labels."""


class RunCheck(Check):
    """A check with one result a run."""

    @abstractmethod
    def observe(self, evidence: Evidence) -> float | None:
        """The number; None where there is nothing to count."""

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        return [[("rows", ">=", min_rows)]]

    def explain(self, evidence: Evidence) -> Sequence[str]:  # noqa: ARG002 - for checks that can
        """What people should know of the number."""
        return ()


@dataclass(frozen=True, slots=True)
class ActiveCheck:
    """A check as a run is judged by it.

    Attributes:
        limit: the largest number that passes.
    """

    check: Check
    severity: Severity
    limit: float
    description: str

    @property
    def id(self) -> str:
        return self.check.id

    @property
    def column(self) -> str:
        return self.check.column or self.check.id

    @property
    def expected(self) -> str:
        """What passes, as people read it."""
        return "none" if self.check.unit == "rows" else f"at most {shown(self.limit, self.check.unit)}"

    def expectations(self, min_rows: int) -> list[Expectation]:
        """What Great Expectations is asked."""
        arguments = {"column": self.column, "max_value": self.limit}
        description = f"{self.description} Expected: {self.expected}."
        return [
            Expectation(self.id, "ExpectColumnValuesToBeBetween", arguments, self.severity, description, tuple(where))
            for where in self.check.conditions(min_rows)
        ]

    def result(self, *, passed: bool, observed: str, classifier: str | None = None, notes: str = "") -> CheckResult:
        return CheckResult(self.id, self.description, passed, self.severity, observed, self.expected, classifier, notes)

"""The interface of a check: a number with a limit, for each classifier, each label, or the run.

To add a check, subclass `ClassifierCheck` or `RunCheck` in a module of its own and name it in `semtel_ops.extensions.builtin`.
It then has a setting under `quality:`, runs every week, and is shown in the data docs, the report, the page and the alerts.
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
"""Policy of a check that counts rows that must not exist."""


class Check(ABC):
    """A check of a run. Has no state. The first paragraph of the class's docstring documents its setting.

    Attributes:
        id: name in the registry, in `pipeline.yaml`, quality.json and the ledger.
        description: a sentence that says what is measured.
        unit: unit of the number for people: share, rows, classifiers or usd.
        default: the policy where `quality:` does not set one.
        column: the number's column in the data docs; empty: the id.
        alert: kind of alert for a warning of this check.
        unanswered: the check fails where rows have no answer, so a reprocess of these rows can help.
    """

    id: ClassVar[str]
    description: ClassVar[str]
    unit: ClassVar[str] = "share"
    default: ClassVar[CheckPolicy]
    column: ClassVar[str] = ""
    alert: ClassVar[AlertKind] = AlertKind.GATE_WARNED
    unanswered: ClassVar[bool] = False

    def describe(self, config: QualityConfig) -> str:  # noqa: ARG002 - for checks whose settings people must know
        """The description with the values of settings that it depends on."""
        return self.description

    @abstractmethod
    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        """Which rows of the frame are checked: those that meet all conditions of any element. An empty element matches all."""


class ClassifierCheck(Check):
    """A check with one result per classifier. Set `rows_where`, or override `observe`.

    Attributes:
        rows_where: a DuckDB SQL condition over label rows; the number is the share of a classifier's rows that meet it, and
            the result names up to three of their conversations.
        examples_of: key of `ClassifierCounts.examples` whose conversations the result names; empty: those of `rows_where`.
    """

    rows_where: ClassVar[str] = ""
    examples_of: ClassVar[str] = ""

    def observe(self, counts: ClassifierCounts, expected_rows: int) -> float | None:  # noqa: ARG002 - for checks that compare
        """The number; None where there are no rows. `expected_rows`: how many rows the classifier should have."""
        return counts.meeting.get(self.id, 0) / counts.rows if counts.rows else None

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        return [[("rows", ">=", min_rows)]]

    def explain(self, counts: ClassifierCounts, expected_rows: int) -> Sequence[str]:  # noqa: ARG002 - for checks that can
        """Sentences that explain the number to people, whether it passes or not; never conversation text."""
        return ()


class LabelCheck(Check):
    """A check with one result per classifier, from the shares of its labels now and before."""

    @abstractmethod
    def observe(self, change: ShareChange) -> float | None:
        """The number of a label; None where it has no history."""

    @abstractmethod
    def explain(self, changes: Sequence[ShareChange], limit: float, min_rows: int) -> Sequence[str]:
        """Sentences that explain the numbers of a classifier's labels to people."""


class RunCheck(Check):
    """A check with one result per run."""

    @abstractmethod
    def observe(self, evidence: Evidence) -> float | None:
        """The number; None where there is nothing to count."""

    def conditions(self, min_rows: int) -> Sequence[Sequence[Condition]]:
        return [[("rows", ">=", min_rows)]]

    def explain(self, evidence: Evidence) -> Sequence[str]:  # noqa: ARG002 - for checks that can
        """Sentences that explain the number to people."""
        return ()


@dataclass(frozen=True, slots=True)
class ActiveCheck:
    """A check with the policy of a run.

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
        """What passes, for people: "none" or "at most 5.0%"."""
        if self.limit == 0 and self.check.unit in {"rows", "classifiers"}:
            return "none"
        return f"at most {shown(self.limit, self.check.unit)}"

    def expectations(self, min_rows: int) -> list[Expectation]:
        """The check as expectations of Great Expectations, one per element of `conditions`."""
        arguments = {"column": self.column, "max_value": self.limit}
        description = f"{self.description} Expected: {self.expected}."
        return [
            Expectation(self.id, "ExpectColumnValuesToBeBetween", arguments, self.severity, description, tuple(where))
            for where in self.check.conditions(min_rows)
        ]

    def result(self, *, passed: bool, observed: str, classifier: str | None = None, notes: str = "") -> CheckResult:
        return CheckResult(self.id, self.description, passed, self.severity, observed, self.expected, classifier, notes)

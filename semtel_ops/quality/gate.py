"""The gate: the only place that decides whether check results stop a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from semtel_ops.quality.results import CheckResult
from semtel_ops.settings import Severity

_MAX_NAMED = 5
"""Failed checks that an error message names; the rest are only counted."""


class GateOutcome(StrEnum):
    """What the checks of a run mean for it."""

    PASSED = "passed"
    WARN = "warn"  # published, with a warning on the report
    STOP = "stop"  # not published


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision with its reasons; reasons that stop the run come first.

    Attributes:
        failed: ids of the failed checks, each once, in the order of `reasons`.
        reasons: one sentence for each failed result.
    """

    outcome: GateOutcome
    failed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def stopped(self) -> bool:
        return self.outcome is GateOutcome.STOP


def decide(results: Sequence[CheckResult]) -> Verdict:
    """Stop if a check with severity `stop` failed; else warn if any check failed.

    Without results the run is stopped: a week that was not checked has not passed.
    """
    if not results:
        return Verdict(GateOutcome.STOP, reasons=("no check was run",))
    failed = [result for result in results if not result.passed and result.severity is not Severity.OFF]
    failed.sort(key=lambda result: result.severity is not Severity.STOP)  # stable: otherwise in the order of `results`
    if not failed:
        return Verdict(GateOutcome.PASSED)
    outcome = GateOutcome.STOP if failed[0].severity is Severity.STOP else GateOutcome.WARN
    return Verdict(outcome, tuple(dict.fromkeys(result.id for result in failed)), tuple(map(reason, failed)))


def reason(result: CheckResult) -> str:
    """Why a result failed, as a sentence."""
    notes = f"; {result.notes}" if result.notes else ""
    return f"{result.name}: {result.observed}, expected {result.expected}{notes}"


def stop_message(week: str, results: Sequence[CheckResult], report: str) -> str:
    """The error message of a stop: the failed checks, their numbers, and what to do."""
    stopping = [result for result in results if not result.passed and result.severity is Severity.STOP]
    named = "; ".join(f"{result.name}: {result.observed}, expected {result.expected}" for result in stopping[:_MAX_NAMED])
    more = f" and {len(stopping) - _MAX_NAMED} more" if len(stopping) > _MAX_NAMED else ""
    return (
        f"week {week} is not published: {named or 'no check was run'}{more}. See {report}. Fix the cause and reprocess the "
        "week (paid replies are reused); or, if the week is correct, change the check under `quality:` in pipeline.yaml and "
        "run the week again."
    )

"""Which results stop a run: the only place that decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from semtel_ops.quality.results import CheckResult
from semtel_ops.settings import Severity

_NAMED = 5
"""Failed checks spelled out in an error; the rest are counted."""


class GateOutcome(StrEnum):
    PASSED = "passed"
    WARN = "warn"  # published, with a warning on the report
    STOP = "stop"  # not published


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision with its reasons, the ones that stop the run first.

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
    """One failed check that stops is a stop; else one failed check is a warning.

    No results at all is a stop: a week that nobody looked at is not a week that passed.
    """
    if not results:
        return Verdict(GateOutcome.STOP, reasons=("no check was run",))
    failed = [result for result in results if not result.passed and result.severity is not Severity.OFF]
    failed.sort(key=lambda result: result.severity is not Severity.STOP)  # stable: else as they came
    if not failed:
        return Verdict(GateOutcome.PASSED)
    outcome = GateOutcome.STOP if failed[0].severity is Severity.STOP else GateOutcome.WARN
    return Verdict(outcome, tuple(dict.fromkeys(result.id for result in failed)), tuple(map(reason, failed)))


def reason(result: CheckResult) -> str:
    """Why a result failed, in one sentence."""
    notes = f"; {result.notes}" if result.notes else ""
    return f"{result.name}: {result.observed}, expected {result.expected}{notes}"


def stop_message(week: str, results: Sequence[CheckResult], report: str) -> str:
    """What a stop tells people: which checks, what they saw, what to do."""
    stopping = [result for result in results if not result.passed and result.severity is Severity.STOP]
    named = "; ".join(f"{result.name}: {result.observed}, expected {result.expected}" for result in stopping[:_NAMED])
    more = f" and {len(stopping) - _NAMED} more" if len(stopping) > _NAMED else ""
    return (
        f"week {week} is not published: {named or 'no check was run'}{more}. See {report}. Mend the cause and reprocess the "
        "week (what was paid for is reused); or, if the week is as it should be, change that check under `quality:` in "
        "pipeline.yaml and run the week again."
    )

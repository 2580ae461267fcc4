"""The checks: each a number with a bound, in a module of its own.

Here: what a check is (`check`), those that every week must pass (`contract`), those that `quality:` in `pipeline.yaml` sets
bounds for, and which of them are on. Not here: counting (`counts`), asking Great Expectations (`assessment`), deciding
(`gate`).
"""

from semtel_ops.extensions import QUALITY_CHECKS
from semtel_ops.quality.checks.check import ActiveCheck, Check, ClassifierCheck, LabelCheck, RunCheck
from semtel_ops.quality.checks.contract import CONTRACT
from semtel_ops.settings import QualityConfig, Severity

__all__ = [
    "ActiveCheck",
    "Check",
    "ClassifierCheck",
    "LabelCheck",
    "RunCheck",
    "active_checks",
    "check_named",
    "conditions_of",
    "known_check",
]


def check_named(name: str) -> Check:
    """A check that settings know.

    Raises:
        ConfigError: there is none of this name, or the package it is in cannot be imported.
    """
    kind: type[Check] = QUALITY_CHECKS.load(name)
    return kind()


def known_check(check_id: str) -> Check | None:
    """The check of an id in quality.json or the ledger; None where it is one of an earlier version, or of the run's frames."""
    if check_id in QUALITY_CHECKS:
        return check_named(check_id)
    return next((check for check in CONTRACT if check.id == check_id), None)


def active_checks(config: QualityConfig) -> list[ActiveCheck]:
    """The contract, then all that are on; without a severity or a limit there is nothing to check."""
    active = [ActiveCheck(check, Severity.STOP, 0.0, check.description) for check in CONTRACT]
    for check in map(check_named, QUALITY_CHECKS.names()):
        policy = config.checks[check.id]
        if policy.severity is not Severity.OFF and policy.limit is not None:
            active.append(ActiveCheck(check, policy.severity, policy.limit, check.describe(config)))
    return active


def conditions_of(config: QualityConfig) -> dict[str, str]:
    """Check → the condition under which it counts label rows, of the checks that are on and have one."""
    checks = (active.check for active in active_checks(config))
    return {check.id: check.rows_where for check in checks if isinstance(check, ClassifierCheck) and check.rows_where}

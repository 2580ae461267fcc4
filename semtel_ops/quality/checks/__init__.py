"""The checks: each compares a number with a limit, in a module of its own.

Here: the interface of a check (`check`), the checks that every week must pass (`contract`), the checks whose limits are set in
`quality:` of `pipeline.yaml`, and which of them are active. Not here: counting (`counts`), calling Great Expectations
(`assessment`), deciding (`gate`).
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
    """The registered check of this name.

    Raises:
        ConfigError: there is no such check, or its module cannot be imported.
    """
    kind: type[Check] = QUALITY_CHECKS.load(name)
    return kind()


def known_check(check_id: str) -> Check | None:
    """The check of an id in quality.json or the ledger; None for checks of a whole frame and of earlier versions."""
    if check_id in QUALITY_CHECKS:
        return check_named(check_id)
    return next((check for check in CONTRACT if check.id == check_id), None)


def active_checks(config: QualityConfig) -> list[ActiveCheck]:
    """The contract, then all checks that have a limit and a severity other than `off`."""
    active = [ActiveCheck(check, Severity.STOP, 0.0, check.description) for check in CONTRACT]
    for check in map(check_named, QUALITY_CHECKS.names()):
        policy = config.checks[check.id]
        if policy.severity is not Severity.OFF and policy.limit is not None:
            active.append(ActiveCheck(check, policy.severity, policy.limit, check.describe(config)))
    return active


def conditions_of(config: QualityConfig) -> dict[str, str]:
    """Check id → `rows_where`, for the active checks that have it."""
    checks = (active.check for active in active_checks(config))
    return {check.id: check.rows_where for check in checks if isinstance(check, ClassifierCheck) and check.rows_where}

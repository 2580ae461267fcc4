"""quality.json: the verdict of the quality gate."""

from typing import TypedDict


class CheckDocument(TypedDict):
    """The result of a quality check: `quality.CheckResult` as JSON.

    Attributes:
        id: as in pipeline.yaml.
        description: what is checked.
        passed: whether it passed.
        severity: what a failure does: warn or stop.
        observed: the measured value, with its unit; never text of a conversation.
        expected: the values that pass, with their unit.
        classifier: None if the check is of the whole run.
        notes: labels, example ids, or the reason why it was not evaluated; may be empty.
    """

    id: str
    description: str
    passed: bool
    severity: str
    observed: str
    expected: str
    classifier: str | None
    notes: str


class QualityDocument(TypedDict):
    """quality.json: the verdict of the quality gate, written by `validate`; `publish` requires it.

    Attributes:
        verdict: passed, warn (published, with a warning in the report) or stop (not published).
        checks: all results.
    """

    verdict: str
    checks: list[CheckDocument]

"""What `semtel correct` did."""

from typing import TypedDict


class CorrectedWeek(TypedDict):
    """A published week whose shares were corrected again.

    Attributes:
        week: ISO week.
        run_id: its published run.
        shares: shares of labels, groups and rubric items.
        corrected: how many of them have a correction now.
        methods: estimator → shares.
        refused: reason → shares that have no correction for it, the most frequent first.
        changed: whether any correction came, went or has another value than before.
        report: URL of the week's report, which was written again; None if it was not.
    """

    week: str
    run_id: str
    shares: int
    corrected: int
    methods: dict[str, int]
    refused: dict[str, int]
    changed: bool
    report: str | None


class CorrectManifest(TypedDict):
    """What `semtel correct` did.

    Attributes:
        examined: number of weeks.
        changed: weeks whose corrected shares changed.
        weeks: each of them.
        problems: weeks that could not be examined, each with the reason.
    """

    examined: int
    changed: int
    weeks: list[CorrectedWeek]
    problems: list[str]

"""What sharing requests costs in quality, and how replies were read, from a run's totals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from semtel_ops.evaluation.intervals import Share
from semtel_ops.humanize import count, percent, with_interval, words

_HOW = ("exact", "normalised", "alias", "near", "relabelled", "given_up")
_GRADING = (
    ("shared", "Agreement", "shared answers that a separate request confirms, in the seeded sample"),
    (
        "kept",
        "Agreement after grading",
        "final labels that a separate request confirms, once flagged labels were requested again",
    ),
    ("precision", "Grader precision", "flagged labels that a separate request changed"),
    ("recall", "Grader recall", "labels that a separate request changed and the grader had flagged, in the seeded sample"),
)


@dataclass(frozen=True, slots=True)
class Cleaning:
    """How replies became labels, for one classifier, model and strategy.

    Attributes:
        counts: rows by `matched_by`, and as `given_up` the rows with status `invalid_output`.
    """

    classifier: str
    model: str
    strategy: str
    rows: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """An agreement measured during the run; `key` is its name in the run's totals."""

    key: str
    name: str
    meaning: str
    share: Share


@dataclass(frozen=True, slots=True)
class Sharing:
    """How requests were shared, and the measured cost in quality.

    Attributes:
        pack: largest number of conversations in a request.
        requests: number by purpose.
        asked_again: members requested again because a reply was unreadable or marked as wrong.
        named: members that the grader flagged.
        grading: agreements measured for the grader; empty without a grader.
        shadow: classifier → agreement of combined with separate answers; a classifier below `floor` is unbundled.
    """

    pack: int
    combine: bool
    grader: bool
    requests: dict[str, int]
    asked_again: int
    taken_apart: int
    graded: int
    named: int
    grading: tuple[Measured, ...]
    shadow: dict[str, Share]
    floor: float
    disagreeing: tuple[str, ...]
    unbundled: tuple[str, ...]

    @property
    def title(self) -> str:
        """The strategy as a heading."""
        conversations = f"Up to {count(self.pack, 'conversation')}" if self.pack > 1 else "One conversation"
        classifiers = "all classifiers" if self.combine else "one classifier"
        return f"{conversations} and {classifiers} per request{', graded' if self.grader else ''}"


def read_sharing(totals: Mapping[str, Any]) -> Sharing | None:
    """The sharing section of a run's totals; None for a run of plain requests."""
    strategy = totals.get("strategy")
    if not strategy:
        return None
    grading = strategy["grading"] or {}
    return Sharing(
        pack=strategy["pack"],
        combine=strategy["combine"],
        grader=strategy["grader"],
        requests=dict(strategy["requests"]),
        asked_again=strategy["asked_again"],
        taken_apart=strategy["taken_apart"],
        graded=grading.get("graded", 0),
        named=grading.get("named", 0),
        grading=tuple(Measured(key, name, meaning, Share(**grading[key])) for key, name, meaning in _GRADING if grading),
        shadow={name: Share(**share) for name, share in strategy["shadow"].items()},
        floor=strategy["shadow_floor"],
        disagreeing=tuple(strategy["disagreeing"]),
        unbundled=tuple(strategy["unbundled"]),
    )


def read_cleaning(totals: Mapping[str, Any]) -> tuple[Cleaning, ...]:
    """The cleaning rows of a run's totals, in the order of the file."""
    return tuple(
        Cleaning(row["classifier"], row["model"], row["strategy"] or "plain", row["rows"], {how: row[how] for how in _HOW})
        for row in totals.get("cleaning") or ()
    )


def sharing_findings(sharing: Sharing | None) -> Iterator[str]:
    """The main findings about sharing, in sentences."""
    if sharing is None:
        return
    if sharing.disagreeing:
        agreements = [f"{words(name)} at {_with_interval(sharing.shadow[name])}" for name in sharing.disagreeing]
        yield (
            f"Combined requests agree with separate ones less often than the floor of {percent(sharing.floor, 0)} for "
            f"{', '.join(agreements)}: from now on these classifiers are requested separately."
        )
    if earlier := [words(name) for name in sharing.unbundled if name not in sharing.disagreeing]:
        yield f"Requested separately because combined answers disagreed in an earlier run: {', '.join(earlier)}."
    kept = next((measured.share for measured in sharing.grading if measured.key == "kept"), None)
    if kept is not None and kept.n:
        yield f"Of the shared answers that were checked by a separate request, {_with_interval(kept)} kept their label."


def _with_interval(share: Share) -> str:
    return with_interval(share.share, share.low, share.high, share.n)

"""What sharing requests cost in quality, and how replies became labels: the parts of a run's totals that say so, as values."""

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
    """How one classifier's rows of one model and strategy were read; `counts` by the words of the label row, and `given_up`."""

    classifier: str
    model: str
    strategy: str
    rows: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """One agreement that was measured while the run went on; `key` is its name in a run's totals."""

    key: str
    name: str
    meaning: str
    share: Share


@dataclass(frozen=True, slots=True)
class Sharing:
    """How requests were shared, and what it was seen to cost.

    Attributes:
        pack: conversations in one request, at most.
        requests: by what they were for.
        asked_again: members whose shared answer could not be used; `named`: those that a grader flagged.
        grading: of the grader, empty without one.
        shadow: classifier → agreement of its combined answers with separate ones; under `floor` it is unbundled.
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
    """From a run's totals; None of a plain run."""
    told = totals.get("strategy")
    if not told:
        return None
    grading = told["grading"] or {}
    return Sharing(
        pack=told["pack"],
        combine=told["combine"],
        grader=told["grader"],
        requests=dict(told["requests"]),
        asked_again=told["asked_again"],
        taken_apart=told["taken_apart"],
        graded=grading.get("graded", 0),
        named=grading.get("named", 0),
        grading=tuple(Measured(key, name, meaning, Share(**grading[key])) for key, name, meaning in _GRADING if grading),
        shadow={name: Share(**share) for name, share in told["shadow"].items()},
        floor=told["shadow_floor"],
        disagreeing=tuple(told["disagreeing"]),
        unbundled=tuple(told["unbundled"]),
    )


def read_cleaning(totals: Mapping[str, Any]) -> tuple[Cleaning, ...]:
    """From a run's totals, in their order."""
    return tuple(
        Cleaning(row["classifier"], row["model"], row["strategy"] or "plain", row["rows"], {how: row[how] for how in _HOW})
        for row in totals.get("cleaning") or ()
    )


def sharing_findings(sharing: Sharing | None) -> Iterator[str]:
    """What a reader in a hurry should know of it."""
    if sharing is None:
        return
    if sharing.disagreeing:
        measured = [f"{words(name)} at {_with_interval(sharing.shadow[name])}" for name in sharing.disagreeing]
        yield (
            f"Combined requests agree with separate ones less often than the floor of {percent(sharing.floor, 0)} for "
            f"{', '.join(measured)}: from now on these classifiers are requested separately."
        )
    if before := [words(name) for name in sharing.unbundled if name not in sharing.disagreeing]:
        yield f"Requested separately because combined answers disagreed in an earlier run: {', '.join(before)}."
    kept = next((one.share for one in sharing.grading if one.key == "kept"), None)
    if kept is not None and kept.n:
        yield f"Of the shared answers that were checked by a separate request, {_with_interval(kept)} kept their label."


def _with_interval(share: Share) -> str:
    return with_interval(share.share, share.low, share.high, share.n)

"""Settings of planted errors: which labels a model confuses, and which properties of a prompt change that."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from semtel_ops.settings.config_model import ConfigModel, Share

Confusions = dict[str, dict[str, dict[str, Share]]]
"""Classifier → label → other label → probability."""

_NEEDS = {
    "boundary": "two labels",
    "order": "two labels",
    "longer": "words",
    "shorter": "words",
    "mentions": "any_of",
    "reasoning_effort": "any_of",
}


class PromptEffect(ConfigModel):
    """A property of a prompt, and what it does to the confusion of the labels that it concerns."""

    classifier: str
    """The classifier whose prompt and confusion this is about."""
    when: Literal["boundary", "order", "longer", "shorter", "mentions", "reasoning_effort"]
    """`boundary`: a sentence of a definition names the other of the two `labels`, or a sentence elsewhere in the instruction
    names both, with a word of contrast: between, not, rather, instead, choose, only, …. `order`: the first of the two `labels`
    is defined before the second. `longer`, `shorter`: the definition of each of the `labels` has at least, at most, `words`
    words; without `labels`, the mean of all. `mentions`: a definition of the `labels` or, without `labels`, the rest
    of the instruction has one of the phrases in `any_of`. `reasoning_effort`: the request's effort is one of `any_of`."""
    labels: tuple[str, ...] = ()
    """The labels that the property is about. Confusion from and to them changes, with `boundary` and `order` only that between
    the two; without labels, all confusion of the classifier."""
    words: Annotated[int, Field(ge=0)] | None = None
    """Number of words for `longer` and `shorter`."""
    any_of: tuple[str, ...] = ()
    """Phrases for `mentions`, or efforts for `reasoning_effort`."""
    factor: Annotated[float, Field(ge=0, le=10)]
    """Multiplies the rates of confusion: below 1 the prompt is better with the property, above 1 worse."""

    @model_validator(mode="after")
    def _is_complete(self) -> "PromptEffect":
        needs = _NEEDS[self.when]
        given = {"two labels": len(self.labels) == 2, "words": self.words is not None, "any_of": bool(self.any_of)}
        if not given[needs]:
            raise ValueError(f"when: {self.when} needs {needs}")
        return self


def check_confusions(confusions: Confusions) -> None:
    """Raise ValueError where a label is confused with itself, or more often than always."""
    for classifier, rows in confusions.items():
        for label, row in rows.items():
            if label in row:
                raise ValueError(f"confusion.{classifier}.{label}: a label is not confused with itself; leave {label} out")
            if sum(row.values()) > 1 + 1e-9:
                raise ValueError(f"confusion.{classifier}.{label}: the shares add up to {sum(row.values()):g}; at most 1")


def check_effects(effects: Iterable[PromptEffect], confusions: Confusions) -> None:
    """Raise ValueError where an effect is about a classifier without confusion, and would silently do nothing."""
    for effect in effects:
        if effect.classifier not in confusions:
            known = ", ".join(sorted(confusions)) or "none"
            raise ValueError(f"prompt_effects: there is no confusion of {effect.classifier} to change; known: {known}")

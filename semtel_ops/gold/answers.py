"""Checks of a person's answer, from the page or from a file of another tool."""

from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.classifiers.match import normalise
from semtel_ops.errors import ConfigError

_SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer, as it is stored.

    Attributes:
        label: id; of several, the first in the prompt file's order; of a rubric, the verdict.
        labels: all that apply, or the items of a rubric, in the prompt file's order; None for one label of many.
    """

    label: str
    labels: tuple[str, ...] | None


def checked_answer(spec: ClassifierSpec, label: str | None, labels: Sequence[str] | None = None) -> Answer:
    """An answer with the ids of the classifier. Names and aliases are accepted in any spelling.

    Raises:
        ConfigError: it is not an answer of the classifier; the message names the labels that are.
    """
    kind = spec.answer_kind
    if kind.several:
        given = list(labels or ([] if label is None else [label]))
        if not given:
            raise ConfigError(spec.id, None, f"needs at least one label; one of: {', '.join(spec.item_ids)}")
        chosen = _in_order(spec, given)
        return Answer(chosen[0], chosen)
    if label is None:
        raise ConfigError(spec.id, None, f"needs a label; one of: {', '.join(spec.label_ids)}")
    if kind.items:
        verdicts = {normalise(one): one for one in spec.label_ids}
        verdict = verdicts.get(normalise(label)) if len(label) <= _SHOWN_CHARS else None
        if verdict is None:
            raise _unknown(spec.id, label, spec.label_ids)
        return Answer(verdict, _in_order(spec, labels or ()))
    if labels and list(labels) != [label]:
        raise ConfigError(spec.id, f"{len(labels)} labels", "takes one label of each conversation")
    return Answer(_known(spec, label), None)


def _in_order(spec: ClassifierSpec, labels: Sequence[str]) -> tuple[str, ...]:
    chosen = {_known(spec, label) for label in labels}
    return tuple(label for label in spec.item_ids if label in chosen)


def _known(spec: ClassifierSpec, label: str) -> str:
    match = spec.index.known(label)
    if match is None:
        raise _unknown(spec.id, label, spec.item_ids)
    return match[0]


def shown_answer(label: str) -> str:
    """A label that there is not, for an error. A long text may be a conversation's, and is not repeated."""
    return label if len(label) <= _SHOWN_CHARS else f"a text of {len(label)} characters"


def _unknown(classifier: str, label: str, allowed: Sequence[str]) -> ConfigError:
    return ConfigError(classifier, shown_answer(label), f"is not a label; one of: {', '.join(allowed)}")

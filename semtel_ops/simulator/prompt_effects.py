"""What the wording of a prompt does to planted confusion: properties of the text, and the rates that follow from them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from semtel_ops.simulator.confusion_config import PromptEffect

_SENTENCE = re.compile(r"[.;!?\n]+(?=\s|$)|\n")
_CONTRAST = re.compile(
    r"\b(?:between|not|never|rather|instead|unless|except|versus|vs|only|than|but|whereas|otherwise|boundary|choose|prefer|belongs?)\b",
    re.IGNORECASE,
)

Rates = dict[str, dict[str, float]]
"""Label → other label → probability."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a request asks for one of several labels.

    Attributes:
        definitions: label → its definition, in the prompt's order.
        rest: the instruction without the definitions.
        effort: the request's `reasoning_effort`, or the model's default.
    """

    definitions: Mapping[str, str]
    rest: str = ""
    effort: str = ""


def changed_rates(rates: Mapping[str, Mapping[str, float]], effects: Iterable[PromptEffect], wording: Wording) -> Rates:
    """The rates of confusion that a prompt leaves; the rates of a label never add up to more than 1."""
    left: Rates = {label: dict(row) for label, row in rates.items()}
    for effect in effects:
        if not applies(effect, wording):
            continue
        for label, row in left.items():
            for other in row:
                if _concerns(effect, label, other):
                    row[other] *= effect.factor
    for row in left.values():
        total = sum(row.values())
        if total > 1:
            row.update({other: rate / total for other, rate in row.items()})
    return left


def applies(effect: PromptEffect, wording: Wording) -> bool:
    """Whether a prompt has the property of an effect."""
    match effect.when:
        case "boundary":
            return has_boundary(wording, effect.labels[0], effect.labels[1])
        case "order":
            order = list(wording.definitions)
            first, second = effect.labels
            return first in order and second in order and order.index(first) < order.index(second)
        case "longer":
            return min(_lengths(effect, wording), default=0.0) >= (effect.words or 0)
        case "shorter":
            return max(_lengths(effect, wording), default=0.0) <= (effect.words or 0)
        case "mentions":
            texts = [wording.definitions.get(label, "") for label in effect.labels] if effect.labels else [wording.rest]
            return any(_says(text, phrase) for text in texts for phrase in effect.any_of)
        case "reasoning_effort":
            return wording.effort in effect.any_of


def _lengths(effect: PromptEffect, wording: Wording) -> list[float]:
    """Words of each of the effect's definitions; without labels, the mean of all."""
    if effect.labels:
        return [float(len(wording.definitions.get(label, "").split())) for label in effect.labels]
    return [fmean(len(text.split()) for text in wording.definitions.values())] if wording.definitions else []


def _concerns(effect: PromptEffect, label: str, other: str) -> bool:
    if effect.when in {"boundary", "order"}:
        return {label, other} == set(effect.labels)
    return not effect.labels or label in effect.labels or other in effect.labels


def has_boundary(wording: Wording, first: str, second: str) -> bool:
    """Whether a sentence with a word of contrast sets the two labels apart."""
    pairs = ((first, second), (second, first))
    in_definition = any(
        _CONTRAST.search(sentence) and _names(sentence, other)
        for label, other in pairs
        for sentence in _SENTENCE.split(wording.definitions.get(label, ""))
    )
    return in_definition or any(
        _CONTRAST.search(sentence) and _names(sentence, first) and _names(sentence, second)
        for sentence in _SENTENCE.split(wording.rest)
    )


def _says(text: str, phrase: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.IGNORECASE) is not None


def _names(sentence: str, label: str) -> bool:
    """Whether a sentence has the label as a word; underscores may be spaces."""
    name = r"[_ ]".join(re.escape(part) for part in label.split("_"))
    return re.search(rf"(?<!\w){name}(?!\w)", sentence, re.IGNORECASE) is not None

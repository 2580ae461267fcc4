"""Answers by a lexical match, in place of a language model.

A JSON schema is compiled once with the definitions of its prompt (`compiled_schema`). Each conversation is then answered with
the options whose definitions share most words with it. Every reply says that it is simulated.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Protocol

from semtel_ops.simulator.definitions import UNASKED, Asked, Index
from semtel_ops.simulator.labels_config import LabelsConfig
from semtel_ops.simulator.prompt import Reading
from semtel_ops.simulator.stemming import hash_to_unit

NOTICE = "simulated: lexical match, not a language model"
_WRONG_ITEMS_SHARE = 0.3
"""Share of wrong items in a rubric reply that noise makes wrong."""


@dataclass(frozen=True, slots=True)
class Case:
    """The input of an answer.

    Attributes:
        reading: the conversation, or all conversations together where the schema has no key for each.
        members: packed conversations by their key.
        noise: probability of another option than the best; 1 for `wrong_label`.
        noise_key: what noise depends on besides the conversation: the request's seed and the other members of the request.
        behaviour: what is planted in the model, if anything is.
        effort: the request's reasoning effort; empty for a model that does not reason.
    """

    reading: Reading
    members: Mapping[str, Reading]
    model: str
    seed: int
    labels: LabelsConfig
    noise: float = 0.0
    noise_key: str = ""
    behaviour: "Planted | None" = None
    effort: str = ""

    def draw(self, *what: object) -> float:
        """A pseudo-random number in [0, 1) that depends only on the conversation, the model and `what`."""
        return hash_to_unit((self.seed, self.model, self.reading.digest, *what))

    def tie(self, name: str) -> float:
        """A draw among equal options; without bias, the same for every model."""
        model = self.model if self.labels.model_bias else ""
        return hash_to_unit((self.seed, model, self.reading.digest, name, "tie"))

    def chance(self, *what: object) -> float:
        """As `draw`, but also dependent on `noise_key`."""
        return self.draw(self.noise_key, *what)


class Planted(Protocol):
    """Errors that are planted in a model."""

    def settle(self, choice: "Choice", case: Case, best: int) -> int:
        """Position of the model's own answer, given that of the lexical match."""
        ...


class Node(Protocol):
    """A part of a compiled schema."""

    def answer(self, case: Case) -> Any: ...

    def constant(self) -> Any:
        """The same answer for every conversation."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same value for every conversation."""

    value: Any

    def answer(self, case: Case) -> Any:  # noqa: ARG002
        return self.value

    def constant(self) -> Any:
        return self.value


class Choice:
    """One option of several."""

    def __init__(self, name: str, options: list[Any], definitions: list[str], asked: Asked = UNASKED) -> None:
        self.name = name
        self.options = options
        self.asked = asked
        self._texts = definitions
        self.index = Index(definitions)
        # Classifiers use the same name (`label`); by this id, their noise is independent.
        self._noise_id = zlib.crc32("\n".join(definitions).encode("utf-8", "replace"))
        names = [str(option).casefold() for option in options]
        self.catch_all = names.index("other") if "other" in names else None
        self._biases: dict[tuple[int, str, float], list[float]] = {}

    @property
    def definitions(self) -> dict[str, str]:
        """Option → its definition, in the order of the prompt's lines; options without such a line come last."""
        texts = {str(option): text.removeprefix(f"{option} ") for option, text in zip(self.options, self._texts, strict=True)}
        places = {name: self.asked.system.find(f"- {name}: {text}") for name, text in texts.items()}
        return dict(sorted(texts.items(), key=lambda item: places[item[0]] if places[item[0]] >= 0 else len(self.asked.system)))

    def scores(self, case: Case) -> list[float]:
        """Score of each option: the cosine-like match with its definition, times the model's bias."""
        matched = self.index.matched_weight(case.reading.user_stems, case.reading.other_stems)
        biases = self._biases_of(case)
        return [weight / length * bias for weight, length, bias in zip(matched, self.index.length, biases, strict=True)]

    def _biases_of(self, case: Case) -> list[float]:
        """The model's factor for each option: around 1, and always the same."""
        key = (case.seed, case.model, case.labels.model_bias)
        if key not in self._biases:
            if len(self._biases) > 1_000:
                self._biases.clear()
            spread = case.labels.model_bias
            self._biases[key] = [
                1 + spread * (2 * hash_to_unit((case.seed, case.model, self.name, option)) - 1) for option in self.options
            ]
        return self._biases[key]

    def best(self, case: Case, scores: list[float]) -> int:
        """Position of the best option; `other` where nothing matches, and a fixed draw among ties."""
        top = max(scores)
        if top == 0 and self.catch_all is not None:
            return self.catch_all
        tied = [position for position, score in enumerate(scores) if score >= top]
        return tied[0] if len(tied) == 1 else tied[int(case.tie(self.name) * len(tied))]

    def settled(self, case: Case, scores: list[float]) -> int:
        """Position of the model's own answer: the best option, or what is planted instead."""
        best = self.best(case, scores)
        return best if case.behaviour is None else case.behaviour.settle(self, case, best)

    def pick(self, case: Case, scores: list[float]) -> int:
        """Position of the model's own answer or, with the probability of `noise`, of another option."""
        best = self.settled(case, scores)
        if case.noise and len(self.options) > 1 and case.chance(self._noise_id, "noise") < case.noise:
            step = 1 + int(case.chance(self._noise_id, "which") * (len(self.options) - 1))
            return (best + step) % len(self.options)
        return best

    def answer(self, case: Case) -> Any:
        return self.options[self.pick(case, self.scores(case))]

    def constant(self) -> Any:
        return self.options[0]


@dataclass(frozen=True, slots=True)
class Several:
    """All options that apply, the best first; at least one."""

    choice: Choice
    max_items: int

    def answer(self, case: Case) -> list[Any]:
        scores = self.choice.scores(case)
        first = self.choice.pick(case, scores)
        minimum = max(max(scores) / 2, case.labels.threshold)
        others = [position for position, score in enumerate(scores) if score >= minimum and position != first]
        others.sort(key=lambda position: (-scores[position], position))
        return [self.choice.options[position] for position in [first, *others][: self.max_items]]

    def constant(self) -> list[Any]:
        return [self.choice.constant()]


@dataclass(frozen=True, slots=True)
class Items:
    """A number or yes/no for each of several statements: the more of a statement's words match, the higher the number."""

    names: list[str]
    low: list[Any]
    high: list[Any]
    index: Index

    def answer(self, case: Case) -> dict[str, Any]:
        matched = self.index.matched_weight(case.reading.user_stems, case.reading.other_stems)
        wrong_rate = self._wrong_rate(case)
        return {
            name: self._value(case, position, matched[position] / self.index.total[position], wrong_rate)
            for position, name in enumerate(self.names)
        }

    def _wrong_rate(self, case: Case) -> float:
        """Probability that an item of this answer is wrong: noise applies to the whole answer first."""
        if not case.noise or case.chance(self.names[0], len(self.names), "noise") >= case.noise:
            return 0.0
        return 1.0 if len(self.names) == 1 or case.noise >= 1 else _WRONG_ITEMS_SHARE

    def _value(self, case: Case, position: int, share: float, wrong_rate: float) -> Any:
        low, high = self.low[position], self.high[position]
        present = share >= case.labels.threshold
        if wrong_rate and case.chance(self.names[position], "item") < wrong_rate:
            present, share = not present, 0.25
        if isinstance(low, bool):
            return present
        if not present:
            return low
        # Conversations rarely have more than half of a definition's words: a share of 0.5 already gives the maximum.
        return low + max(1, ceil((high - low) * min(1.0, share * 2)))

    def constant(self) -> dict[str, Any]:
        return dict(zip(self.names, self.low, strict=True))


@dataclass(frozen=True, slots=True)
class Confidence:
    """A number between two bounds: the share of the best option in the sum of all scores."""

    choice: Choice | None
    low: float
    high: float

    def answer(self, case: Case) -> float:
        scores = self.choice.scores(case) if self.choice else []
        share = max(scores) / sum(scores) if sum(scores) else 0.5
        return round(self.low + share * (self.high - self.low), 2)

    def constant(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Fields:
    """An object. A key of a packed conversation is answered from that conversation."""

    order: list[str]
    nodes: dict[str, Node]
    items: Items | None

    def answer(self, case: Case) -> dict[str, Any]:
        values = self.items.answer(case) if self.items else {}
        for key, node in self.nodes.items():
            member = case.members.get(key)
            values[key] = node.answer(case if member is None else replace(case, reading=member, members={}))
        return {key: values[key] for key in self.order}

    def constant(self) -> dict[str, Any]:
        values = self.items.constant() if self.items else {}
        values.update((key, node.constant()) for key, node in self.nodes.items())
        return {key: values[key] for key in self.order}

    def bundled(self, members: Mapping[str, Reading]) -> int:
        """Number of classifiers in the request: objects in the object of a conversation."""
        of_members = [node for key, node in self.nodes.items() if key in members]
        if of_members:
            return of_members[0].bundled({}) if isinstance(of_members[0], Fields) else 1
        return max(1, sum(isinstance(node, Fields) for node in self.nodes.values()))


@dataclass(frozen=True, slots=True)
class ByMember:
    """The answer without a schema: of the conversation, or of each packed conversation by its key."""

    node: Node

    def answer(self, case: Case) -> Any:
        if not case.members:
            return self.node.answer(case)
        return {key: self.node.answer(replace(case, reading=reading, members={})) for key, reading in case.members.items()}

    def constant(self) -> Any:
        return self.node.constant()

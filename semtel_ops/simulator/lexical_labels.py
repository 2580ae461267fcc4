"""Answers made from a JSON schema: the transparent lexical match that stands in for a language model.

A schema is compiled once with the definitions of its prompt (`compile_schema`); each conversation is then answered by
counting which definitions share words with it. Nothing here understands anything, and replies say so.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Protocol

from semtel_ops.simulator.config import LabelsConfig
from semtel_ops.simulator.definitions import Block, Index, define
from semtel_ops.simulator.prompt import Reading
from semtel_ops.simulator.stemming import hash_to_unit

NOTICE = "simulated: lexical match, not a language model"
_MAX_DEPTH = 32
_FAR = 1e15
_ITEMS_OFF = 0.3
"""Share of wrong items in a rubric reply that noise makes wrong."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one answer is made from.

    Attributes:
        reading: the conversation, or all of them where the schema has no key for each.
        members: packed conversations by their key.
        noise: probability of another option than the best one; 1 for a wrong label on purpose.
        luck: what noise depends on besides the conversation: the request's seed and its company.
    """

    reading: Reading
    members: Mapping[str, Reading]
    model: str
    seed: int
    labels: LabelsConfig
    noise: float = 0.0
    luck: str = ""

    def draw(self, *what: object) -> float:
        """A number in [0, 1) that stays the same for the conversation, however it is asked about."""
        return hash_to_unit((self.seed, self.model, self.reading.digest, *what))

    def chance(self, *what: object) -> float:
        """The same, drawn anew for another seed or other company."""
        return self.draw(self.luck, *what)


class Node(Protocol):
    """A place in a compiled schema."""

    def answer(self, case: Case) -> Any: ...

    def constant(self) -> Any:
        """The same answer for every conversation."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that no conversation changes."""

    value: Any

    def answer(self, case: Case) -> Any:  # noqa: ARG002
        return self.value

    def constant(self) -> Any:
        return self.value


class Choice:
    """One option of several."""

    def __init__(self, name: str, options: list[Any], definitions: list[str]) -> None:
        self.name = name
        self.options = options
        self.index = Index(definitions)
        # Two classifiers call their answers alike, and are wrong about different conversations.
        self._noise_id = zlib.crc32("\n".join(definitions).encode("utf-8", "replace"))
        spelled = [str(option).casefold() for option in options]
        self.catch_all = spelled.index("other") if "other" in spelled else None
        self._taste: dict[tuple[int, str, float], list[float]] = {}

    def scores(self, case: Case) -> list[float]:
        met = self.index.met(case.reading.asked, case.reading.answered)
        taste = self._taste_of(case)
        return [score / length * liked for score, length, liked in zip(met, self.index.length, taste, strict=True)]

    def _taste_of(self, case: Case) -> list[float]:
        """How much this model likes each option; around 1, the same for ever."""
        key = (case.seed, case.model, case.labels.model_bias)
        if key not in self._taste:
            if len(self._taste) > 1_000:
                self._taste.clear()
            spread = case.labels.model_bias
            self._taste[key] = [
                1 + spread * (2 * hash_to_unit((case.seed, case.model, self.name, option)) - 1) for option in self.options
            ]
        return self._taste[key]

    def best(self, case: Case, scores: list[float]) -> int:
        top = max(scores)
        if top == 0 and self.catch_all is not None:
            return self.catch_all
        tied = [position for position, score in enumerate(scores) if score >= top]
        return tied[0] if len(tied) == 1 else tied[int(case.draw(self.name, "tie") * len(tied))]

    def pick(self, case: Case, scores: list[float]) -> int:
        best = self.best(case, scores)
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
    """The options that apply, best first, never none."""

    choice: Choice
    max_items: int

    def answer(self, case: Case) -> list[Any]:
        scores = self.choice.scores(case)
        first = self.choice.pick(case, scores)
        bar = max(max(scores) / 2, case.labels.threshold)
        others = [place for place, score in enumerate(scores) if score >= bar and place != first]
        others.sort(key=lambda place: (-scores[place], place))
        return [self.choice.options[place] for place in [first, *others][: self.max_items]]

    def constant(self) -> list[Any]:
        return [self.choice.constant()]


@dataclass(frozen=True, slots=True)
class Items:
    """Numbers or yes/no for each of several statements: the more of a statement's words are met, the more."""

    names: list[str]
    low: list[Any]
    high: list[Any]
    index: Index

    def answer(self, case: Case) -> dict[str, Any]:
        met = self.index.met(case.reading.asked, case.reading.answered)
        off = self._off(case)
        return {
            name: self._value(case, place, met[place] / self.index.total[place], off) for place, name in enumerate(self.names)
        }

    def _off(self, case: Case) -> float:
        """How probable it is for each item of this answer to be wrong: it is the answer that noise makes wrong or leaves."""
        if not case.noise or case.chance(self.names[0], len(self.names), "noise") >= case.noise:
            return 0.0
        return 1.0 if len(self.names) == 1 or case.noise >= 1 else _ITEMS_OFF

    def _value(self, case: Case, place: int, share: float, off: float) -> Any:
        low, high = self.low[place], self.high[place]
        present = share >= case.labels.threshold
        if off and case.chance(self.names[place], "item") < off:
            present, share = not present, 0.25
        if isinstance(low, bool):
            return present
        if not present:
            return low
        # Half of a definition's words is as much as anyone ever says.
        return low + max(1, ceil((high - low) * min(1.0, share * 2)))

    def constant(self) -> dict[str, Any]:
        return dict(zip(self.names, self.low, strict=True))


@dataclass(frozen=True, slots=True)
class Confidence:
    """A number between two bounds that says how far the best option is ahead."""

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
    """An object. A key that names a packed conversation is answered from that conversation."""

    order: list[str]
    nodes: dict[str, Node]
    items: Items | None

    def answer(self, case: Case) -> dict[str, Any]:
        found = self.items.answer(case) if self.items else {}
        for key, node in self.nodes.items():
            member = case.members.get(key)
            found[key] = node.answer(case if member is None else replace(case, reading=member, members={}))
        return {key: found[key] for key in self.order}

    def constant(self) -> dict[str, Any]:
        found = self.items.constant() if self.items else {}
        found.update((key, node.constant()) for key, node in self.nodes.items())
        return {key: found[key] for key in self.order}

    def bundled(self, members: Mapping[str, Reading]) -> int:
        """How many classifiers share the request: objects in the object of one conversation."""
        of_members = [node for key, node in self.nodes.items() if key in members]
        if of_members:
            return of_members[0].bundled({}) if isinstance(of_members[0], Fields) else 1
        return max(1, sum(isinstance(node, Fields) for node in self.nodes.values()))


@dataclass(frozen=True, slots=True)
class ByMember:
    """Without a schema: one answer, or one for each packed conversation by its key."""

    node: Node

    def answer(self, case: Case) -> Any:
        if not case.members:
            return self.node.answer(case)
        return {key: self.node.answer(replace(case, reading=reading, members={})) for key, reading in case.members.items()}

    def constant(self) -> Any:
        return self.node.constant()


def compile_schema(schema: Any, blocks: list[Block]) -> Node:
    """Make the answering machine of a schema; places it does not understand answer null."""
    definitions = {} if not isinstance(schema, dict) else schema.get("$defs") or schema.get("definitions") or {}
    return _Compiler(blocks, definitions).node(schema, ())


class _Compiler:
    def __init__(self, blocks: list[Block], definitions: Any) -> None:
        self._blocks = blocks
        self._definitions = definitions if isinstance(definitions, dict) else {}
        # References can make a small schema unfold without end.
        self._nodes_left = 10_000

    def node(self, schema: Any, path: tuple[str, ...]) -> Node:
        schema = self._plain(schema)
        self._nodes_left -= 1
        if len(path) > _MAX_DEPTH or self._nodes_left < 0:
            return Fixed(None)
        if "const" in schema:
            return Fixed(schema["const"])
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._choice(schema, path)
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self._fields(schema, path)
        if kind == "array":
            return self._array(schema, path)
        if kind == "string":
            limit = schema.get("maxLength")
            return Fixed(NOTICE[:limit] if isinstance(limit, int) and limit >= 0 else NOTICE)
        if kind in {"integer", "boolean"}:
            return _Single(self._items({path[-1] if path else "value": schema}, path))
        if kind == "number":
            low, high = _bounds(schema, 1.0)
            return Confidence(None, low, high)
        return Fixed(None)

    def _plain(self, schema: Any) -> dict[str, Any]:
        """Follow references and take the first alternative that is not null."""
        for _ in range(_MAX_DEPTH):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            alternatives = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if isinstance(reference, str):
                schema = self._definitions.get(reference.rpartition("/")[2])
            elif isinstance(alternatives, list) and alternatives:
                real = [one for one in alternatives if not (isinstance(one, dict) and one.get("type") == "null")]
                schema = (real or alternatives)[0]
            else:
                break
        plain: dict[str, Any] = schema if isinstance(schema, dict) else {}
        kind = plain.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        return plain if kind is plain.get("type") and isinstance(kind, str | None) else {**plain, "type": str(kind)}

    def _choice(self, schema: dict[str, Any], path: tuple[str, ...]) -> Choice:
        options = [option for option in schema["enum"] if option is not None] or [None]
        spelled = [str(option) for option in options]
        return Choice("/".join(path[-1:]), options, define(spelled, self._blocks, path, {}))

    def _array(self, schema: dict[str, Any], path: tuple[str, ...]) -> Node:
        items = self._plain(schema.get("items"))
        if isinstance(items.get("enum"), list) and items["enum"]:
            limit = schema.get("maxItems")
            return Several(self._choice(items, path), limit if isinstance(limit, int) and limit > 0 else 1_000)
        return _OneItem(self.node(items, (*path, "")))

    def _fields(self, schema: dict[str, Any], path: tuple[str, ...]) -> Fields:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        plain = {key: self._plain(value) for key, value in properties.items()}
        counted = {
            key: value
            for key, value in plain.items()
            if value.get("type") in {"integer", "boolean"} and "enum" not in value and "const" not in value
        }
        nodes: dict[str, Node] = {key: self.node(value, (*path, key)) for key, value in plain.items() if key not in counted}
        first = next((node for node in nodes.values() if isinstance(node, Choice)), None)
        for key, node in nodes.items():
            if isinstance(node, Confidence) and first is not None:
                nodes[key] = replace(node, choice=first)
        return Fields(list(plain), nodes, self._items(counted, path) if counted else None)

    def _items(self, counted: dict[str, dict[str, Any]], path: tuple[str, ...]) -> Items:
        about = {key: str(value.get("description", "")) for key, value in counted.items()}
        texts = define(list(counted), self._blocks, path, about)
        low: list[Any] = []
        high: list[Any] = []
        for value in counted.values():
            least, most = (False, True) if value["type"] == "boolean" else _bounds(value, 10)
            low.append(least)
            high.append(most)
        return Items(list(counted), low, high, Index(texts))


@dataclass(frozen=True, slots=True)
class _Single:
    """A number or a yes/no that stands alone."""

    items: Items

    def answer(self, case: Case) -> Any:
        return next(iter(self.items.answer(case).values()))

    def constant(self) -> Any:
        return self.items.low[0]


@dataclass(frozen=True, slots=True)
class _OneItem:
    """A list of something else than options has one entry."""

    node: Node

    def answer(self, case: Case) -> list[Any]:
        return [self.node.answer(case)]

    def constant(self) -> list[Any]:
        return [self.node.constant()]


def _bounds(schema: dict[str, Any], most: Any) -> tuple[Any, Any]:
    low = schema.get("minimum", 0)
    high = schema.get("maximum", most)
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    return (low, high) if numbers and -_FAR <= low <= high <= _FAR else (0, most)

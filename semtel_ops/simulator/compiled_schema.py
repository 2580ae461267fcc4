"""Compiles a JSON schema and the definitions of its prompt into the parts that answer a conversation."""

from dataclasses import dataclass, replace
from typing import Any

from semtel_ops.simulator.definitions import Asked, Block, Index, classifier_names, define
from semtel_ops.simulator.lexical_labels import NOTICE, Case, Choice, Confidence, Fields, Fixed, Items, Node, Several

_MAX_DEPTH = 32
_MAX_BOUND = 1e15


def compile_schema(schema: Any, blocks: list[Block], system: str = "", schema_name: str = "") -> Node:
    """Compile a JSON schema with the definitions of its prompt; unsupported parts of the schema are answered with null.

    Args:
        system: the instruction.
        schema_name: the schema's name, if it has one.
    """
    definitions = {} if not isinstance(schema, dict) else schema.get("$defs") or schema.get("definitions") or {}
    return _Compiler(blocks, definitions, system, schema_name).node(schema, ())


class _Compiler:
    def __init__(self, blocks: list[Block], definitions: Any, system: str, schema_name: str) -> None:
        self._blocks = blocks
        self._system = system
        self._schema_name = schema_name
        self._definitions = definitions if isinstance(definitions, dict) else {}
        # Recursive references would expand a small schema without end.
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
        """The schema with references resolved and alternatives replaced by the first that is not null."""
        for _ in range(_MAX_DEPTH):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            alternatives = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if isinstance(reference, str):
                schema = self._definitions.get(reference.rpartition("/")[2])
            elif isinstance(alternatives, list) and alternatives:
                not_null = [each for each in alternatives if not (isinstance(each, dict) and each.get("type") == "null")]
                schema = (not_null or alternatives)[0]
            else:
                break
        plain: dict[str, Any] = schema if isinstance(schema, dict) else {}
        kind = plain.get("type")
        if isinstance(kind, list):
            kind = next((name for name in kind if name != "null"), "null")
        return plain if kind is plain.get("type") and isinstance(kind, str | None) else {**plain, "type": str(kind)}

    def _choice(self, schema: dict[str, Any], path: tuple[str, ...]) -> Choice:
        options = [option for option in schema["enum"] if option is not None] or [None]
        names = [str(option) for option in options]
        asked = Asked(classifier_names(path, self._schema_name), self._system)
        return Choice("/".join(path[-1:]), options, define(names, self._blocks, path, {}), asked)

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
            minimum, maximum = (False, True) if value["type"] == "boolean" else _bounds(value, 10)
            low.append(minimum)
            high.append(maximum)
        return Items(list(counted), low, high, Index(texts))


@dataclass(frozen=True, slots=True)
class _Single:
    """A single number or yes/no."""

    items: Items

    def answer(self, case: Case) -> Any:
        return next(iter(self.items.answer(case).values()))

    def constant(self) -> Any:
        return self.items.low[0]


@dataclass(frozen=True, slots=True)
class _OneItem:
    """A list whose items are not options: always one entry."""

    node: Node

    def answer(self, case: Case) -> list[Any]:
        return [self.node.answer(case)]

    def constant(self) -> list[Any]:
        return [self.node.constant()]


def _bounds(schema: dict[str, Any], default_high: Any) -> tuple[Any, Any]:
    low = schema.get("minimum", 0)
    high = schema.get("maximum", default_high)
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    return (low, high) if numbers and -_MAX_BOUND <= low <= high <= _MAX_BOUND else (0, default_high)

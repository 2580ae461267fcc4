"""Reads YAML with the line of every value, so that errors and explanations can name it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from semtel_ops.concealed import without_quotes
from semtel_ops.errors import ConfigError

Place = tuple[str | int, ...]
"""The keys and indices that lead to a value; `()` is the whole file."""


class Repeated(NamedTuple):
    """A key that occurs twice in a mapping. YAML keeps the last value."""

    place: Place
    first_line: int
    line: int


@dataclass(frozen=True, slots=True)
class MarkedYaml:
    """Parsed YAML.

    Attributes:
        lines: the line of the file where each value starts, counted from 1.
        repeated: keys that occur twice in a mapping, in the order of the file.
    """

    data: Any
    lines: Mapping[Place, int]
    repeated: tuple[Repeated, ...] = ()

    def line_of(self, place: Sequence[str | int]) -> int:
        """The line of a value, or of the innermost value around it that has a line."""
        parts = tuple(place)
        while parts not in self.lines:
            parts = parts[:-1]
        return self.lines[parts]


def parse_yaml(text: str, *, first_line: int = 1, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> MarkedYaml:
    """Parse a YAML document that starts at `first_line` of its file; the data of an empty document is None.

    Raises:
        yaml.YAMLError, ValueError, RecursionError: the text is not YAML, or contains an impossible date.
    """
    reading = loader(text)
    try:
        node = reading.get_single_node()
        lines: dict[Place, int] = {(): first_line}
        repeated: list[Repeated] = []
        if node is not None:
            _Lines(first_line, lines, repeated).collect(node, ())
        data = reading.construct_document(node) if node is not None else None
    finally:
        reading.dispose()
    return MarkedYaml(data, lines, tuple(repeated))


def read_yaml(path: str | Path) -> MarkedYaml:
    """Read a YAML file.

    Raises:
        ConfigError: the file is missing, is not UTF-8 or is not YAML; the message begins with its name.
    """
    place = Path(path)
    try:
        return parse_yaml(place.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(str(place), "not UTF-8", "must be a UTF-8 text file") from None
    except OSError as error:
        raise ConfigError(str(place), error.strerror or "cannot be read", "is not a readable file") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "unreadable"
        raise ConfigError(str(place), line, f"is not valid YAML: {yaml_problem(error)}") from None


def yaml_problem(error: Exception) -> str:
    """What is wrong in a text that is no YAML, without any of the text."""
    if isinstance(error, RecursionError):
        return "it nests too deeply"
    reason = getattr(error, "problem", None) or getattr(error, "context", None) or str(error).partition("\n")[0]
    return without_quotes(str(reason))


class _Lines:
    """Collects the lines of all values below a node. A node that aliases repeat is visited once."""

    def __init__(self, first_line: int, lines: dict[Place, int], repeated: list[Repeated]) -> None:
        self._first_line = first_line
        self._lines = lines
        self._repeated = repeated
        self._seen: set[int] = set()

    def collect(self, node: yaml.Node, place: Place) -> None:
        if id(node) in self._seen:
            return
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                inner = (*place, str(key_node.value))
                self._note(inner, key_node)
                self.collect(value_node, inner)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._lines[(*place, index)] = self._line(item)
                self.collect(item, (*place, index))

    def _note(self, place: Place, key_node: yaml.Node) -> None:
        line = self._line(key_node)
        if place in self._lines:
            self._repeated.append(Repeated(place, self._lines[place], line))
            for inner in [inner for inner in self._lines if inner[: len(place)] == place]:
                del self._lines[inner]
        self._lines[place] = line

    def _line(self, node: yaml.Node) -> int:
        return self._first_line + int(node.start_mark.line)

"""YAML that remembers its lines, so that whatever is wrong in it can be pointed at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from semtel_ops.errors import PromptFileError

Place = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """Safe YAML without anchors: a file that repeats itself by reference cannot be read from top to bottom."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem="aliases are not used in prompt files", problem_mark=mark)
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """Parsed YAML and the line of the file, counted from 1, where each of its values starts."""

    path: str
    data: dict[str, Any]
    lines: dict[Place, int]

    def line_of(self, place: Sequence[str | int]) -> int:
        """The line of a value, or of the nearest value around it."""
        parts = tuple(place)
        while parts not in self.lines:
            parts = parts[:-1]
        return self.lines[parts]

    def error(self, place: Sequence[str | int], reason: str) -> PromptFileError:
        """What is wrong with one value, as an error that points at it."""
        name = ".".join(str(part) for part in place)
        return PromptFileError(self.path, self.line_of(place), f"{name}: {reason}" if name else reason)

    def refusal(self, error: ValidationError, within: Place = ()) -> PromptFileError:
        """The first problem pydantic found in the part of the data that lies `within`."""
        problem = error.errors(include_url=False)[0]
        place = (*within, *problem["loc"])
        if problem["type"] == "extra_forbidden":
            return self.error(place, "is not a key of a prompt file")
        if problem["type"] == "missing":
            return self.error(place, "must be given")
        # pydantic writes "Value error, …" before messages raised by our own validators.
        reason = problem["msg"].removeprefix("Value error, ")
        if isinstance(problem.get("input"), bool) and problem["type"] == "string_type":
            reason += "; YAML reads yes, no, on and off as true and false: put it in quotes"
        return self.error(place, reason)


def parse_frontmatter(path: str, text: str, first_line: int) -> Frontmatter:
    """Parse YAML that starts at `first_line` of a file.

    Raises:
        PromptFileError: not YAML, a key given twice, an alias, or not a mapping.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {(): first_line}
        if node is not None:
            _collect_lines(path, node, (), first_line, lines)
        data = loader.construct_document(node) if node is not None else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise PromptFileError(path, line, f"not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PromptFileError(path, first_line, f"not valid YAML: {str(error).splitlines()[0]}") from None
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        raise PromptFileError(path, first_line, "the frontmatter must be a mapping of settings")
    return Frontmatter(path, data, lines)


def _collect_lines(path: str, node: yaml.Node, place: Place, first_line: int, lines: dict[Place, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            inner = (*place, str(key_node.value))
            line = first_line + key_node.start_mark.line
            if inner in lines:
                raise PromptFileError(path, line, f"{key_node.value} is given twice, first on line {lines[inner]}")
            lines[inner] = line
            _collect_lines(path, value_node, inner, first_line, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*place, index)] = first_line + item.start_mark.line
            _collect_lines(path, item, (*place, index), first_line, lines)

"""The frontmatter of a prompt file: YAML with line numbers, so that errors can name the line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from semtel_ops.errors import PromptFileError
from semtel_ops.settings.marked_yaml import MarkedYaml, Place, parse_yaml, yaml_problem


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases: people should be able to read a prompt file from top to bottom."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem="aliases are not used in prompt files", problem_mark=mark)
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """The YAML between the `---` lines of a prompt file: a mapping, and the line where each of its values starts."""

    path: str
    yaml: MarkedYaml

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.yaml.data
        return data

    def error(self, place: Sequence[str | int], reason: str) -> PromptFileError:
        """An error that names the value at `place`, and its line."""
        name = ".".join(str(part) for part in place)
        return PromptFileError(self.path, self.yaml.line_of(place), f"{name}: {reason}" if name else reason)

    def error_of(self, error: ValidationError, within: Place = ()) -> PromptFileError:
        """The first problem of a validation of the data at `within`."""
        problem = error.errors(include_url=False)[0]
        place = (*within, *problem["loc"])
        if problem["type"] == "extra_forbidden":
            return self.error(place, "is not a key of a prompt file")
        if problem["type"] == "missing":
            return self.error(place, "is required")
        # pydantic writes "Value error, …" before messages raised by our own validators.
        reason = problem["msg"].removeprefix("Value error, ")
        if isinstance(problem.get("input"), bool) and problem["type"] == "string_type":
            reason += "; YAML reads yes, no, on and off as true and false: put it in quotes"
        return self.error(place, reason)


def parse_frontmatter(path: str, text: str, first_line: int) -> Frontmatter:
    """Parse YAML that starts at `first_line` of a file, counted from 1.

    Raises:
        PromptFileError: not YAML, a key given twice, an alias, or not a mapping.
    """
    try:
        parsed = parse_yaml(text, first_line=first_line, loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise PromptFileError(path, line, f"not valid YAML: {yaml_problem(error)}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PromptFileError(path, first_line, f"not valid YAML: {yaml_problem(error)}") from None
    for key in parsed.repeated:
        raise PromptFileError(path, key.line, f"{key.place[-1]} is given twice, first on line {key.first_line}")
    if parsed.data is None:
        parsed = MarkedYaml({}, parsed.lines)
    if not isinstance(parsed.data, dict):
        raise PromptFileError(path, first_line, "the frontmatter must be a mapping of settings")
    return Frontmatter(path, parsed)

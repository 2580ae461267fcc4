"""Reads the Prompty v2 file format: YAML frontmatter between `---` lines, then a body of role sections in Jinja2.

The body is cut at its role lines *before* anything is rendered, so no rendered text can ever become a role line.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from semtel_ops.errors import PromptFileError
from semtel_ops.prompts.frontmatter import Frontmatter, parse_frontmatter

Role = Literal["system", "user", "assistant"]
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
# Readers of the format differ on case, `#` and further roles, so everything that one of them takes for a role is refused.
_ROLE_LIKE = re.compile(r"[ \t]*#?[ \t]*([A-Za-z]+)[ \t]*:[ \t]*")
_OTHER_ROLES = frozenset({*_ROLES, "developer", "tool", "function"})


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelOptions(_Part):
    """What is sent with every request; only what is really sent can be written."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    max_output_tokens: int = Field(alias="maxOutputTokens", ge=1, le=100_000)
    seed: int | None = None


class _Model(_Part):
    api_type: Literal["chat"] = Field(default="chat", alias="apiType")
    options: ModelOptions


class _Kind(_Part):
    kind: str


class _Format(_Part):
    kind: Literal["jinja2"]


class _Parser(_Part):
    kind: Literal["prompty"]


class _Template(_Part):
    format: Literal["jinja2"] | _Format = "jinja2"
    parser: Literal["prompty"] | _Parser = "prompty"


class _Input(_Part):
    name: Literal["conversation"]
    kind: Literal["string"] = "string"
    required: bool = True
    description: str | None = None


class Header(_Part):
    """The frontmatter. `metadata` is the reader's own: the `classifiers` room checks it."""

    name: str = Field(pattern=r"^_?[a-z][a-z0-9_]*$", max_length=60)
    display_name: str = Field(alias="displayName", min_length=1)
    description: str = Field(min_length=1)
    metadata: dict[str, Any]
    inputs: tuple[_Input, ...] = Field(default=(), max_length=1)
    model: _Model
    template: _Template = _Template()


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one role line; `line` is where the text starts, counted from 1."""

    role: Role
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A prompt file, read and checked in form: system first, pairs of user and assistant as examples, a user section last."""

    path: Path
    header: Header
    frontmatter: Frontmatter
    sections: tuple[Section, ...]

    @property
    def options(self) -> ModelOptions:
        return self.header.model.options


def load_prompty(path: str | Path) -> PromptFile:
    """Read one prompt file.

    Raises:
        PromptFileError: the file is missing or broken; it names file, line and reason.
    """
    place = Path(path)
    lines = _read(place).split("\n")
    end = _frontmatter_end(place, lines)
    frontmatter = parse_frontmatter(str(place), "\n".join(lines[1:end]), first_line=2)
    header = _header(place, frontmatter)
    sections = _sections(place, lines[end + 1 :], first_line=end + 2)
    return PromptFile(place, header, frontmatter, sections)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptFileError(str(path), error.object[: error.start].count(b"\n") + 1, "is not UTF-8") from None
    except OSError as error:
        raise PromptFileError(str(path), 1, error.strerror or "cannot be read") from None


def _frontmatter_end(path: Path, lines: list[str]) -> int:
    """Index of the closing `---`."""
    if lines[0].rstrip() != "---":
        raise PromptFileError(str(path), 1, "must start with a line `---` and the frontmatter")
    for index, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return index
    raise PromptFileError(str(path), len(lines), "the frontmatter has no closing line `---`")


def _header(path: Path, frontmatter: Frontmatter) -> Header:
    try:
        header = Header.model_validate(frontmatter.data)
    except ValidationError as error:
        raise frontmatter.refusal(error) from None
    if header.name != path.stem:
        raise frontmatter.error(("name",), f"must be the file's name, {path.stem}, not {header.name}")
    return header


def _sections(path: Path, lines: list[str], first_line: int) -> tuple[Section, ...]:
    starts = [(index, role) for index, line in enumerate(lines) if (role := _role(path, first_line + index, line))]
    body_start = starts[0][0] if starts else len(lines)
    for index, line in enumerate(lines[:body_start]):
        if line.strip():
            raise PromptFileError(str(path), first_line + index, "text before the first role line, such as `system:`")
    if not starts:
        raise PromptFileError(str(path), first_line - 1, "no role line follows the frontmatter; start with `system:`")
    ends = [index for index, _ in starts[1:]] + [len(lines)]
    sections = tuple(
        Section(role, "\n".join(lines[start + 1 : end]), first_line + start + 1)
        for (start, role), end in zip(starts, ends, strict=True)
    )
    _check_order(path, sections)
    return sections


def _role(path: Path, line_number: int, line: str) -> Role | None:
    found = _ROLE_LIKE.fullmatch(line)
    if found is None:
        return None
    word = found.group(1)
    if line.rstrip() == f"{word}:" and word in _ROLES:
        return _ROLES[word]
    if word.lower() in _OTHER_ROLES or word.islower():
        fix = "write system:, user: or assistant: alone at the start of the line; other lines need another word or a capital"
        raise PromptFileError(str(path), line_number, f"unknown role line `{line.strip()}`; {fix}")
    return None


def _check_order(path: Path, sections: tuple[Section, ...]) -> None:
    for section in sections:
        if not section.text.strip():
            raise PromptFileError(str(path), section.line - 1, f"the {section.role} section is empty")
    if sections[0].role != "system":
        raise PromptFileError(str(path), sections[0].line - 1, "the first section must be `system:`")
    for index, section in enumerate(sections[1:]):
        expected = "user" if index % 2 == 0 else "assistant"
        if section.role != expected:
            raise PromptFileError(str(path), section.line - 1, f"expected `{expected}:` here, found `{section.role}:`")
    if sections[-1].role != "user":
        line = sections[-1].line - 1
        raise PromptFileError(str(path), line, "the last section must be `user:`, with {{ conversation }} in it")

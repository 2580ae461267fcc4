"""Reads the Prompty v2 file format: YAML frontmatter between `---` lines, then a body of role sections in Jinja2.

The body is split at its role lines *before* anything is rendered, so rendered text can never become a role line.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from semtel_ops.errors import PromptFileError
from semtel_ops.prompts.frontmatter import Frontmatter, parse_frontmatter
from semtel_ops.settings.config_model import ConfigModel, Tokens
from semtel_ops.words import ReasoningEffort

Role = Literal["system", "user", "assistant"]
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
# Readers of the format differ on case, `#` and further roles: what any of them would read as a role line is rejected here.
_ROLE_LIKE = re.compile(r"[ \t]*#?[ \t]*([A-Za-z]+)[ \t]*:[ \t]*")
_OTHER_ROLES = frozenset({*_ROLES, "developer", "tool", "function"})


class ModelOptions(ConfigModel):
    """Options that are sent with every request."""

    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Sampling temperature. `null`: not sent."""
    max_output_tokens: Annotated[Tokens, Field(ge=1, le=100_000)] = Field(alias="maxOutputTokens", examples=[64])
    """Upper bound of the reply. In shared prompts: what each key adds to the bound."""
    seed: int | None = None
    """Value of `seed`. Default: not sent."""
    reasoning_effort: ReasoningEffort | None = Field(default=None, alias="reasoningEffort", examples=["low"])
    """How much the model thinks before it answers. Default: `reasoning_effort` of the endpoint, or else of its model in
    models.yaml, or else not sent. The reply gets room for thoughts in addition to `maxOutputTokens`."""


class ModelSection(ConfigModel):
    """How the model is called."""

    api_type: Literal["chat"] = Field(default="chat", alias="apiType")
    """Type of API; only chat is supported."""
    options: ModelOptions
    """Options that are sent with every request."""


class TemplateFormat(ConfigModel):
    """The template language, in Prompty's long form."""

    kind: Literal["jinja2"]
    """Only Jinja2 is supported."""


class TemplateParser(ConfigModel):
    """How the body is split into messages, in Prompty's long form."""

    kind: Literal["prompty"]
    """Only role lines are supported."""


class TemplateSection(ConfigModel):
    """How the body is read."""

    format: Literal["jinja2"] | TemplateFormat = "jinja2"
    """Template language of the body."""
    parser: Literal["prompty"] | TemplateParser = "prompty"
    """How the body is split into messages: at lines such as `system:`."""


class PromptInput(ConfigModel):
    """A variable of the template."""

    name: Literal["conversation"]
    """The conversation is the only input."""
    kind: Literal["string"] = "string"
    """Type of the variable."""
    required: bool = True
    """Whether the variable must be given."""
    description: str | None = None
    """What the variable holds."""


class Header(ConfigModel):
    """Frontmatter of a prompt file, in the Prompty v2 format."""

    # What `metadata` may contain is not part of the format; the `classifiers` package checks it.
    name: str = Field(pattern=r"^_?[a-z][a-z0-9_]*$", max_length=60, examples=["topic"])
    """Id of the classifier: the name of the file without `.prompty`. Shared prompts start with an underscore."""
    display_name: str = Field(alias="displayName", min_length=1, examples=["Primary topic"])
    """Title for people."""
    description: str = Field(min_length=1)
    """What the classifier determines, in a sentence."""
    metadata: dict[str, Any]
    """What makes the prompt a classifier. Prompts that several classifiers share only have a `version`."""
    inputs: tuple[PromptInput, ...] = Field(default=(), max_length=1)
    """Variables of the template."""
    model: ModelSection
    """How the model is called."""
    template: TemplateSection = TemplateSection()
    """How the body is read."""


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one role line; `line` is where the text starts, counted from 1."""

    role: Role
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A prompt file with valid sections: first system, then pairs of user and assistant as examples, last user."""

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
        PromptFileError: the file is missing or wrong; the message names file, line and reason.
    """
    file = Path(path)
    lines = _read(file).split("\n")
    end = _frontmatter_end(file, lines)
    frontmatter = parse_frontmatter(str(file), "\n".join(lines[1:end]), first_line=2)
    header = _header(file, frontmatter)
    sections = _sections(file, lines[end + 1 :], first_line=end + 2)
    return PromptFile(file, header, frontmatter, sections)


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
        raise frontmatter.error_of(error) from None
    if header.name != path.stem:
        raise frontmatter.error(("name",), f"must be the file name, {path.stem}, not {header.name}")
    return header


def _sections(path: Path, lines: list[str], first_line: int) -> tuple[Section, ...]:
    starts = [(index, role) for index, line in enumerate(lines) if (role := _role(path, first_line + index, line))]
    body_start = starts[0][0] if starts else len(lines)
    for index, line in enumerate(lines[:body_start]):
        if line.strip():
            raise PromptFileError(str(path), first_line + index, "text before the first role line, such as `system:`")
    if not starts:
        raise PromptFileError(str(path), first_line - 1, "there is no role line after the frontmatter; start with `system:`")
    ends = [index for index, _ in starts[1:]] + [len(lines)]
    sections = tuple(
        Section(role, "\n".join(lines[start + 1 : end]), first_line + start + 1)
        for (start, role), end in zip(starts, ends, strict=True)
    )
    _check_order(path, sections)
    return sections


def _role(path: Path, line_number: int, line: str) -> Role | None:
    match = _ROLE_LIKE.fullmatch(line)
    if match is None:
        return None
    word = match.group(1)
    if line.rstrip() == f"{word}:" and word in _ROLES:
        return _ROLES[word]
    if word.lower() in _OTHER_ROLES or word.islower():
        fix = "write system:, user: or assistant: on its own line; rephrase or capitalize lines that are not role lines"
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

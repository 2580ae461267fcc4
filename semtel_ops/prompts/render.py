"""Renders a prompt file once; each conversation is then only put between two strings.

An undefined name is an error, not "". What a template may use is in `template_language`.
"""

import hashlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson
from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

from semtel_ops.errors import PromptFileError
from semtel_ops.prompts.prompty import PromptFile, Section
from semtel_ops.prompts.template_language import PromptEnvironment, run

# Neither a prompt file's YAML nor a clean conversation can contain NUL, so only {{ conversation }} renders the slot.
_SLOT = "\x00conversation\x00"
_TEMPLATE = "<template>"  # Jinja's file name for a template from a string


@dataclass(frozen=True, slots=True)
class ExampleMessage:
    """One message of a worked example."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """A prompt without a conversation.

    Attributes:
        instruction: the system message.
        examples: messages after it, alternately user and assistant.
        intro, reminder: the last user message, before and after the conversation.
        task: the system message without the sentences on the fence and the form of the reply, for shared requests.
    """

    instruction: str
    examples: tuple[ExampleMessage, ...]
    intro: str
    reminder: str
    task: str = ""

    @property
    def fingerprint(self) -> str:
        """32 hex digits that change with any rendered text except `task`."""
        encoded = orjson.dumps([self.instruction, [[m.role, m.content] for m in self.examples], self.intro, self.reminder])
        return hashlib.blake2b(encoded, digest_size=16).hexdigest()


def render(prompt: PromptFile, variables: Mapping[str, object]) -> RenderedPrompt:
    """Render every section with `variables`; the last section also with `conversation`, which it must contain exactly once.

    Templates also have the variable `whole`: false when `task` is rendered, so that shared wording can leave itself out.

    Raises:
        PromptFileError: a template does not compile or run; the line is in the file, or in the file that it includes.
    """
    *before, last = prompt.sections
    task = _render_section(prompt.path, before[0], {**variables, "whole": False})
    variables = {**variables, "whole": True}
    texts = [_render_section(prompt.path, section, variables) for section in before]
    closing = _render_section(prompt.path, last, {**variables, "conversation": _SLOT})
    if closing.count(_SLOT) != 1:
        raise PromptFileError(str(prompt.path), last.line, "the last section must show {{ conversation }} exactly once")
    intro, reminder = closing.split(_SLOT)
    examples = tuple(ExampleMessage("user" if index % 2 == 0 else "assistant", text) for index, text in enumerate(texts[1:]))
    return RenderedPrompt(texts[0], examples, intro, reminder, task)


@lru_cache(maxsize=16)
def _environment(folder: Path) -> PromptEnvironment:
    return PromptEnvironment(folder)


def _render_section(path: Path, section: Section, variables: Mapping[str, object]) -> str:
    # Blank lines before the text make the line numbers of the template equal to those of the file.
    source = "\n" * (section.line - 1) + section.text
    try:
        text = run(_environment(path.parent).from_string(source), dict(variables)).strip()
    except TemplateSyntaxError as error:
        raise PromptFileError(error.filename or str(path), error.lineno, f"template: {error.message}") from None
    except TemplateNotFound as error:
        raise _failure(path, section, error, f"includes {error.name}, which is not in {path.parent}") from None
    except RecursionError as error:
        raise _failure(path, section, error, "it nests too deeply, or a partial includes itself") from None
    except TemplateError as error:
        raise _failure(path, section, error, error.message or type(error).__name__) from None
    except Exception as error:  # noqa: BLE001 - expressions in a template can raise any error
        raise _failure(path, section, error, f"{type(error).__name__}: {error}") from None
    if not text:
        raise PromptFileError(str(path), section.line, f"the {section.role} section renders to an empty text")
    return text


def _failure(path: Path, section: Section, error: Exception, reason: str) -> PromptFileError:
    """The error with the file and line of the innermost template: Jinja's stack frames have the template's file and line."""
    file, line = str(path), section.line
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == _TEMPLATE:
            file, line = str(path), _line(frame, section)
        elif Path(frame.filename).parent == path.parent:
            file, line = frame.filename, _line(frame, section)
    return PromptFileError(file, line, f"template: {reason}")


def _line(frame: Any, section: Section) -> int:
    return frame.lineno or section.line

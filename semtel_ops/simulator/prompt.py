"""Reads the messages of a chat request: its instruction, its conversations and its size."""

import re
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from semtel_ops.simulator.stemming import stems

_OPEN = re.compile(r'^<conversation(?: id="([^"\n]{0,200})")?>$', re.MULTILINE)
_CLOSE = "</conversation>"
_SHOWN = re.compile(r"^Label of ([^,:\n]{1,200})(?:, ([^:\n]{1,200}))?: ([^\n]*)$", re.MULTILINE)
_MAX_CHARS = 32_768
"""The first and last halves of this length are read; words in between are ignored."""


class Reading:
    """The stems of a conversation, computed on first use."""

    __slots__ = ("_digest", "_stems", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._digest: int | None = None
        self._stems: tuple[set[str], set[str]] | None = None

    @property
    def digest(self) -> int:
        """Seed of ties and noise: equal for equal texts."""
        if self._digest is None:
            self._digest = zlib.crc32(self._text.encode("utf-8", "replace"))
        return self._digest

    @property
    def user_stems(self) -> set[str]:
        """Stems of the user's turns."""
        return self._read()[0]

    @property
    def other_stems(self) -> set[str]:
        """Stems of all other turns."""
        return self._read()[1]

    def _read(self) -> tuple[set[str], set[str]]:
        if self._stems is None:
            by_user: list[str] = []
            by_others: list[str] = []
            text = self._text
            if len(text) > _MAX_CHARS:
                text = text[: _MAX_CHARS // 2] + "\n" + text[-_MAX_CHARS // 2 :]
            for line in text.split("\n"):
                role, content = _turn(line)
                (by_user if role == "user" else by_others).append(content)
            self._stems = stems("\n".join(by_user)), stems("\n".join(by_others))
        return self._stems


def _turn(line: str) -> tuple[str, str]:
    """Role and content of a line of a transcript; other lines count as the user's."""
    if line.startswith("{"):
        try:
            turn = orjson.loads(line)
            return str(turn["role"]), str(turn["content"])
        except (ValueError, KeyError, TypeError):
            pass
    return "user", line


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """A label in a grader's prompt: `Label of c01: technology`, or `Label of c01, topic: technology`."""

    key: str
    classifier: str | None
    label: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The content of a chat request's messages.

    Attributes:
        system: the instruction: system and developer messages, joined.
        members: packed conversations by their key.
        reading: all fenced conversations, or the last user message where there are none.
        input_tokens: a quarter of the messages' bytes in UTF-8, rounded up; no tokenizer is used.
        shown: labels outside the fences, for grading.
        outside: the text of the latest user message outside its fences.
    """

    system: str
    members: dict[str, Reading]
    reading: Reading
    input_tokens: int
    shown: tuple[ShownLabel, ...] = ()
    outside: str = ""


def _latest_fences(users: list[str]) -> tuple[list[tuple[str | None, str]], str]:
    """(key, text) of each fenced conversation in the latest user message with any, and the text outside the fences.

    Fences in earlier messages are worked examples; later messages without fences ask again about the same conversation.
    """
    for text in reversed(users):
        fenced, between = _fences(text)
        if fenced:
            return fenced, between
    return [], users[-1] if users else ""


def _fences(text: str) -> tuple[list[tuple[str | None, str]], str]:
    """(key, text) of each fenced conversation, and the text outside the fences."""
    fenced: list[tuple[str | None, str]] = []
    between: list[str] = []
    position = 0
    while True:
        opening = _OPEN.search(text, position)
        if opening is None:
            return fenced, "".join([*between, text[position:]])
        between.append(text[position : opening.start()])
        end = text.find(_CLOSE, opening.end())
        if end < 0:
            end = len(text)
        fenced.append((opening[1], text[opening.end() : end].strip("\n")))
        position = end


def read_prompt(messages: Any) -> Prompt:
    """Read a request's `messages`.

    Raises:
        ValueError: not a list of messages; the message is the provider's.
    """
    if not isinstance(messages, list) or not messages:
        raise ValueError("'messages' must be a non-empty array.")
    system: list[str] = []
    users: list[str] = []
    size = 0
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ValueError(f"Invalid type for 'messages[{index}]': expected an object with a role.")  # noqa: TRY004
        content = _content(message.get("content"))
        size += len(content) if content.isascii() else len(content.encode("utf-8", "replace"))
        role = message["role"]
        if role in {"system", "developer"}:
            system.append(content)
        elif role == "user":
            users.append(content)
    fences, outside = _latest_fences(users)
    if not fences:
        whole = outside
        shown: tuple[ShownLabel, ...] = ()
    else:
        shown = tuple(ShownLabel(*found) for found in _SHOWN.findall(outside))
        whole = fences[0][1] if len(fences) == 1 else "\n".join(text for _, text in fences)
    members = {key: Reading(text) for key, text in fences if key is not None}
    return Prompt("\n".join(system), members, Reading(whole), -(-size // 4), shown, outside)


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text")
        return "\n".join(part for part in parts if isinstance(part, str))
    return ""


def estimate_tokens(text: str) -> int:
    """A quarter of the text's bytes in UTF-8, rounded up."""
    return -(-len(text.encode("utf-8", "replace")) // 4)

"""What a chat request is about: its instruction, its conversations, its size."""

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
    """The words of one conversation, by who said them; looked at when first asked for."""

    __slots__ = ("_digest", "_stems", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._digest: int | None = None
        self._stems: tuple[set[str], set[str]] | None = None

    @property
    def digest(self) -> int:
        """Seeds ties and noise: equal texts are equal luck."""
        if self._digest is None:
            self._digest = zlib.crc32(self._text.encode("utf-8", "replace"))
        return self._digest

    @property
    def asked(self) -> set[str]:
        return self._read()[0]

    @property
    def answered(self) -> set[str]:
        return self._read()[1]

    def _read(self) -> tuple[set[str], set[str]]:
        if self._stems is None:
            asked: list[str] = []
            answered: list[str] = []
            text = self._text
            if len(text) > _MAX_CHARS:
                text = text[: _MAX_CHARS // 2] + "\n" + text[-_MAX_CHARS // 2 :]
            for line in text.split("\n"):
                role, content = _turn(line)
                (asked if role == "user" else answered).append(content)
            self._stems = stems("\n".join(asked)), stems("\n".join(answered))
        return self._stems


def _turn(line: str) -> tuple[str, str]:
    """Role and content of a transcript line; what is not such a line counts as said by the user."""
    if line.startswith("{"):
        try:
            turn = orjson.loads(line)
            return str(turn["role"]), str(turn["content"])
        except (ValueError, KeyError, TypeError):
            pass
    return "user", line


@dataclass(frozen=True, slots=True)
class Shown:
    """A label that a grader is shown: `Label of c01: technology`, or `Label of c01, topic: technology`."""

    key: str
    classifier: str | None
    label: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A chat request's messages, read once.

    Attributes:
        system: the instruction; system and developer messages joined.
        members: packed conversations by their key.
        reading: all that is fenced, or the last user message where nothing is.
        shown: labels that stand between the fences, for grading.
        input_tokens: a quarter of the messages' bytes in UTF-8, rounded up; no tokeniser is involved.
    """

    system: str
    members: dict[str, Reading]
    reading: Reading
    input_tokens: int
    shown: tuple[Shown, ...] = ()


def _latest_fences(users: list[str]) -> tuple[list[tuple[str | None, str]], tuple[Shown, ...]]:
    """Key and text of each fenced conversation in the latest user message that has any, and the labels shown beside them.

    Earlier ones are worked examples, later messages ask again about the same conversation.
    """
    for text in reversed(users):
        found, between = _fences(text)
        if found:
            return found, tuple(Shown(*shown) for shown in _SHOWN.findall(between))
    return [], ()


def _fences(text: str) -> tuple[list[tuple[str | None, str]], str]:
    """The fenced conversations, and what stands outside of them."""
    found: list[tuple[str | None, str]] = []
    between: list[str] = []
    position = 0
    while True:
        opening = _OPEN.search(text, position)
        if opening is None:
            return found, "".join([*between, text[position:]])
        between.append(text[position : opening.start()])
        end = text.find(_CLOSE, opening.end())
        if end < 0:
            end = len(text)
        found.append((opening[1], text[opening.end() : end].strip("\n")))
        position = end


def read_prompt(messages: Any) -> Prompt:
    """Read a request's `messages`.

    Raises:
        ValueError: they are not a list of messages; the text is what a provider would answer.
    """
    if not isinstance(messages, list) or not messages:
        raise ValueError("'messages' must be a non-empty array.")
    system: list[str] = []
    users: list[str] = []
    size = 0
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ValueError(f"Invalid type for 'messages[{place}]': expected an object with a role.")  # noqa: TRY004
        content = _content(message.get("content"))
        size += len(content) if content.isascii() else len(content.encode("utf-8", "replace"))
        role = message["role"]
        if role in {"system", "developer"}:
            system.append(content)
        elif role == "user":
            users.append(content)
    fences, shown = _latest_fences(users)
    if not fences:
        whole = users[-1] if users else ""
    else:
        whole = fences[0][1] if len(fences) == 1 else "\n".join(text for _, text in fences)
    members = {key: Reading(text) for key, text in fences if key is not None}
    return Prompt("\n".join(system), members, Reading(whole), -(-size // 4), shown)


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

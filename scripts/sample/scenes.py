"""Scenes of a conversation in plain text, and their wording.

    == id language topic complexity user_expertise ai_expertise knowledge_work intent
    U: what the user says; lines without a mark go on with the turn above
    or: another wording of the turn above
    A: what the assistant answers
    more:
    U: a further exchange, which may be left out together with those after it

In a text `[[a|b]]` is a choice, `[[x=a|b]]` one with a name, `[[x]]` what was chosen, and `[[x:c|d]]` the option at the same
place. Names that no choice has are asked of the caller: people's data and long pastes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

_MARKS = {"U: ": "user", "A: ": "assistant", "or: ": "or"}
_SLOT = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_NAMED = re.compile(r"([a-z]+)(?:([=:])(.*))?", re.DOTALL)

Filler = Callable[[Random], str]


@dataclass(slots=True)
class Line:
    """One turn, in one or several wordings."""

    role: str
    wordings: list[str]


@dataclass(slots=True)
class Scene:
    """What its header says, the opening exchange, and further ones in their order."""

    header: list[str]
    parts: list[list[Line]] = field(default_factory=lambda: [[]])


def read_scenes(path: Path) -> list[Scene]:
    """The scenes of a file, in its order."""
    scenes: list[Scene] = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            _take(scenes, text)
        except IndexError:
            raise SystemExit(f"{path}, line {number}: no turn or scene to which it belongs") from None
    return scenes


def _take(scenes: list[Scene], text: str) -> None:
    if text.startswith("== "):
        scenes.append(Scene(text.split()[1:]))
        return
    if text == "more:":
        scenes[-1].parts.append([])
        return
    mark = next((mark for mark in _MARKS if text.startswith(mark)), None)
    lines = scenes[-1].parts[-1]
    if mark is None:
        lines[-1].wordings[-1] += "\n" + text
    elif _MARKS[mark] == "or":
        lines[-1].wordings.append(text.removeprefix(mark))
    else:
        lines.append(Line(_MARKS[mark], [text.removeprefix(mark)]))


class Wording:
    """Chooses the words of one conversation; a name means the same in all its turns."""

    def __init__(self, rng: Random, fillers: Mapping[str, Filler]) -> None:
        self._rng = rng
        self._fillers = fillers
        self._chosen: dict[str, tuple[int, str]] = {}

    def say(self, lines: list[Line]) -> list[dict[str, str]]:
        return [{"role": line.role, "content": self._fill(self._rng.choice(line.wordings)).strip()} for line in lines]

    def _fill(self, text: str) -> str:
        return _SLOT.sub(lambda found: self._slot(found[1]), text)

    def _slot(self, body: str) -> str:
        named = _NAMED.fullmatch(body)
        if named is None:
            return self._rng.choice(body.split("|"))
        name, sign, options = named.groups()
        if sign == ":":
            return str(options.split("|")[self._chosen[name][0]])
        if name not in self._chosen:
            self._chosen[name] = self._draw(options.split("|")) if sign else (0, self._fillers[name](self._rng))
        return self._chosen[name][1]

    def _draw(self, options: list[str]) -> tuple[int, str]:
        place = self._rng.randrange(len(options))
        return place, options[place]

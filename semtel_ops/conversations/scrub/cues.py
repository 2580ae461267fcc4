"""Fixed words that announce what follows them, found in a text without a search for each word.

A cue that is a word of its own is looked up among the words of the text; the others are searched for, and those that are not
ASCII only where the text is not. Both take a tenth of the time of a search for every cue.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"[^\W\d_]+")
# Not the signs of typography, which are the only characters beyond ASCII in many texts.
_OTHER_LETTER = re.compile("[\u00aa-\u1fff\u2c00-\u2dff\u2e80-\uffff]")
_SPACED_SCRIPTS = "\u0530"
"""First character after Latin, Greek and Cyrillic, whose words have spaces between them."""
_MAX_LIST_CHARS = 100_000


class Cue(NamedTuple):
    """Lower-case text, and where it counts.

    Attributes:
        starts: no letter may stand before it.
        ends: no letter may stand after it.
    """

    text: str
    starts: bool = False
    ends: bool = False

    def stands(self, lowered: str, at: int, end: int) -> bool:
        """Whether the cue found from `at` to `end` stands by itself as it should."""
        return not (self.starts and at and lowered[at - 1].isalpha()) and not (self.ends and lowered[end : end + 1].isalpha())


def words(text: str) -> set[str]:
    """The different words of a text, runs of letters. The list of all words of a huge text would take much memory."""
    return set(_WORD.findall(text) if len(text) <= _MAX_LIST_CHARS else (match[0] for match in _WORD.finditer(text)))


def longest_word(phrase: str) -> str:
    return max((match[0] for match in _WORD.finditer(phrase)), key=len)


def cue(text: str) -> Cue:
    """A cue as tables write it: a word of its own; with a star, a word that may go on. Scripts without spaces have no words."""
    spaced = text[0] < _SPACED_SCRIPTS
    return Cue(text.rstrip("*"), spaced, spaced and text[-1].isalpha())


class CueIndex(Generic[T]):
    """Cues, each with a value of the caller's."""

    def __init__(self, entries: Iterable[tuple[Cue, T]]) -> None:
        self._by_word: dict[str, list[tuple[Cue, T]]] = defaultdict(list)
        self._inside: dict[str, list[tuple[Cue, T]]] = defaultdict(list)
        for entry in entries:
            cue = entry[0]
            if cue.starts and cue.ends:
                self._by_word[longest_word(cue.text)].append(entry)
            else:
                self._inside[cue.text].append(entry)
        self._inside_ascii = [text for text in self._inside if text.isascii()]
        self._words = frozenset(self._by_word)

    def found(self, lowered: str) -> Iterator[tuple[int, int, T]]:
        """Start and end of each cue in a lower-case text, with its value."""
        for cue, value in self._possible(lowered):
            at = lowered.find(cue.text)
            while at >= 0:
                end = at + len(cue.text)
                if cue.stands(lowered, at, end):
                    yield at, end, value
                at = lowered.find(cue.text, end)

    def _possible(self, lowered: str) -> list[tuple[Cue, T]]:
        other_letters = not lowered.isascii() and _OTHER_LETTER.search(lowered)
        inside = self._inside if other_letters else self._inside_ascii
        possible = [entry for text in inside if text in lowered for entry in self._inside[text]]
        if self._words:
            for word in self._words & words(lowered):
                possible += self._by_word[word]
        return possible

"""How much of marked text a scrubber replaces, and how much of what it replaces was marked.

*Recall*: of the marked values, the share of which no letter and no digit is left. *Precision*: of the replacements, the share
that fall on a marked value, that is of whose letters and digits at least half are marked; on text without marks every
replacement is wrong. The type of a placeholder is not compared: what is hidden under another name is hidden.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from semtel_ops.conversations.scrub import PiiType, Scrubber
from semtel_ops.evaluation.intervals import Share, share_of
from semtel_ops.evaluation.marked_text import Mark, Snippet

_PLACEHOLDER = re.compile("|".join(re.escape(pii.placeholder) for pii in PiiType))


@dataclass(frozen=True, slots=True)
class Replacement:
    """Characters of a text that a scrubber replaced, and by what."""

    start: int
    end: int
    type: PiiType


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scrubber did with a snippet.

    Attributes:
        found: the marks of which no letter and no digit is left.
        missed: the other marks.
        right: the replacements on marks.
        wrong: the other replacements.
    """

    snippet: Snippet
    found: tuple[Mark, ...]
    missed: tuple[Mark, ...]
    right: tuple[Replacement, ...]
    wrong: tuple[Replacement, ...]


def measure(scrubber: Scrubber, snippets: Iterable[Snippet]) -> list[Outcome]:
    return [_outcome(snippet, replacements(snippet.text, scrubber.scrub(snippet.text).text)) for snippet in snippets]


def replacements(text: str, scrubbed: str) -> list[Replacement]:
    """Where the placeholders of a scrubbed text come from, whatever the engine."""
    # A text may hold placeholders from before; they stay, and match themselves.
    kept = _PLACEHOLDER.split(scrubbed)
    types = [PiiType(found.strip("[]").lower()) for found in _PLACEHOLDER.findall(scrubbed)]
    match = re.fullmatch("(.+?)".join(map(re.escape, kept)), text, re.DOTALL)
    if match is None:
        raise ValueError("the scrubbed text is not the text with placeholders in it")
    found = [Replacement(*match.span(at), pii) for at, pii in enumerate(types, 1)]
    return [one for one in found if text[one.start : one.end] != one.type.placeholder]


def recall(outcomes: Iterable[Outcome], pii: PiiType | None = None, kind: str | None = None) -> Share:
    """The share of marks that are found: of all types and kinds, or of one."""
    hits = [
        mark in outcome.found
        for outcome in outcomes
        for mark in outcome.snippet.marks
        if pii in (None, mark.type) and kind in (None, mark.kind)
    ]
    return share_of(sum(hits), len(hits), len(hits), len(hits))


def precision(outcomes: Iterable[Outcome], pii: PiiType | None = None) -> Share:
    """The share of replacements that are right: of all types, or by the placeholder of one."""
    hits = [one in outcome.right for outcome in outcomes for one in (*outcome.right, *outcome.wrong) if pii in (None, one.type)]
    return share_of(sum(hits), len(hits), len(hits), len(hits))


def _outcome(snippet: Snippet, replaced: Sequence[Replacement]) -> Outcome:
    hidden = {at for one in replaced for at in _letters(snippet.text, one.start, one.end)}
    marked = {at for mark in snippet.marks for at in _letters(snippet.text, mark.start, mark.end)}
    found = tuple(mark for mark in snippet.marks if hidden.issuperset(_letters(snippet.text, mark.start, mark.end)))
    right = tuple(one for one in replaced if _is_mostly(marked, list(_letters(snippet.text, one.start, one.end))))
    missed = tuple(mark for mark in snippet.marks if mark not in found)
    return Outcome(snippet, found, missed, right, tuple(one for one in replaced if one not in right))


def _letters(text: str, start: int, end: int) -> Iterator[int]:
    return (at for at in range(start, end) if text[at].isalnum())


def _is_mostly(marked: set[int], letters: list[int]) -> bool:
    return 2 * sum(at in marked for at in letters) >= max(len(letters), 1)

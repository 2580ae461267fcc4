"""Matches a spelling to a label: exact, normalized, alias or near, in this order; never a guess between two labels.

An index is built once per label set. A look-up takes constant time, except `near`, which compares with every known spelling.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from semtel_ops.classifiers.labels import Label, MatchedBy

NEAR_CUTOFF = 85.0  # rapidfuzz ratio, 0 to 100: 'created' → create is 92, but 'relate' → create, a different word, is 83
NEAR_MARGIN = 5.0  # by how much the best label must be better than the next
MAX_SPELLING = 80  # characters; longer text is prose, not a label

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_NOT_WORD = re.compile(r"[\W_]+")
_ENUMERATOR = re.compile(r"^(?:\d{1,2}|[a-z]) ?[.):] ?", re.IGNORECASE)

Match = tuple[str, MatchedBy]


def normalise(text: str) -> str:
    """Letters and digits in lower case, with single spaces between words; punctuation and invisible characters removed."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold().replace("&", " and ")
    return _NOT_WORD.sub(" ", plain).strip()


@dataclass(frozen=True, slots=True)
class LabelIndex:
    """Every known spelling of a label set.

    Attributes:
        exact: ids as stored.
        spellings: normalized spelling → (label id, how it is matched).
    """

    exact: frozenset[str]
    spellings: dict[str, Match]

    def match(self, text: str) -> Match | None:
        """The only label that the text spells or nearly spells, or None."""
        return self.known(text) or (self._near(normalise(_bare(text))) if len(text) <= MAX_SPELLING else None)

    def known(self, text: str) -> Match | None:
        """The label that the text spells exactly or after normalization, or None."""
        if text in self.exact:
            return text, MatchedBy.EXACT
        if len(text) > MAX_SPELLING:
            return None
        return self.spellings.get(normalise(text)) or self.spellings.get(normalise(_bare(text)))

    def _near(self, spelling: str) -> Match | None:
        """The label that the text misspells: close to one label, and by `NEAR_MARGIN` less close to all others.

        The first letter must be the same: it is rarely mistyped, and the rule keeps 'inexpert' from matching expert.
        """
        from rapidfuzz import fuzz  # on the failure path only

        best: dict[str, float] = {}
        for known, (label, _) in self.spellings.items():
            if known[:1] == spelling[:1] and min(len(known), len(spelling)) > 2:
                score = fuzz.ratio(spelling, known, score_cutoff=NEAR_CUTOFF - NEAR_MARGIN)
                best[label] = max(score, best.get(label, 0.0))
        ranked = sorted(best.items(), key=lambda item: item[1], reverse=True)
        if not ranked or ranked[0][1] < NEAR_CUTOFF:
            return None
        if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < NEAR_MARGIN:
            return None
        return ranked[0][0], MatchedBy.NEAR


def _bare(text: str) -> str:
    """The text without a list number before it: "3. apply"."""
    return _ENUMERATOR.sub("", text.strip(" \t\r\n*_`\"'"), count=1)


def index_labels(labels: Iterable[Label], spellings: Callable[[Label], Iterable[str]] = lambda _: ()) -> LabelIndex:
    """The index of a label set.

    Args:
        spellings: further spellings of a label, besides its id, name and aliases.

    Raises:
        ValueError: two labels share a spelling; the message names both.
    """
    labels = tuple(labels)
    known: dict[str, Match] = {}
    for label in labels:
        _add(known, label.id, label.id, MatchedBy.NORMALISED)
    for label in labels:
        for spelling in (label.name, *label.aliases, *spellings(label)):
            _add(known, spelling, label.id, MatchedBy.ALIAS)
    return LabelIndex(frozenset(label.id for label in labels), known)


def _add(spellings: dict[str, Match], spelling: str, label: str, how: MatchedBy) -> None:
    plain = normalise(spelling)
    if not plain:
        raise ValueError(f"{label} has an alias without a letter or digit: {spelling!r}")
    known = spellings.setdefault(plain, (label, how))
    if known[0] != label:
        raise ValueError(f"{spelling!r} is ambiguous: it matches both {known[0]} and {label}")

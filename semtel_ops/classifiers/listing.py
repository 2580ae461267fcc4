"""Recognises a list of labels: "health, science", "health/science", "health (or science)", "both health and science".

A separator may also be part of a label's name ("arts, culture"), so the longest spelling that is known counts.
"""

import re
from typing import Final

from semtel_ops.classifiers.match import LabelIndex, Match

MAX_LIST_CHARS: Final = 400
_MAX_PIECES = 24
_LONGEST_NAME = 6  # pieces of one label's name
_SEPARATOR: Final = re.compile(
    r"\s*(?:[,;:/|+&()\[\]\n.、，；·•—–]|\s-\s|->|→|(?<=\s)[yeo](?=\s)|"
    r"\b(?:and|or|und|oder|et|ou|plus|as well as|along with|with|vs|versus)\b)\s*",
    re.IGNORECASE,
)
_BESIDE: Final = re.compile(
    r"^(?:(?:also|maybe|perhaps|possibly|probably|partly|partially|mostly|mainly|primarily|secondarily|secondary|primary|then|but|"
    r"both|either|alternatively|else|even|somewhat|a bit of|to some extent|second|first)\b\W*)+",
    re.IGNORECASE,
)
"""Words before a label in a list."""


def labels_ahead(index: LabelIndex, text: str) -> list[Match]:
    """The labels that a text lists at its beginning, up to the first piece that is not a label."""
    return _labels(index, text)[0]


def labels_listed(index: LabelIndex, text: str) -> list[Match]:
    """The labels of a text that is nothing but a list of labels; empty for any other text."""
    labels, whole = _labels(index, text)
    return labels if whole else []


def lists_several(index: LabelIndex, text: str) -> bool:
    """Whether a text lists different labels at its beginning."""
    return len({label for label, _ in labels_ahead(index, text)}) > 1


def _labels(index: LabelIndex, text: str) -> tuple[list[Match], bool]:
    """The labels at the beginning of a text, and whether it has nothing else."""
    pieces = _pieces(text[:MAX_LIST_CHARS])
    labels: list[Match] = []
    at = 0
    while at < len(pieces):
        for last in range(min(at + _LONGEST_NAME, len(pieces)), at, -1):
            match = _known(index, text[pieces[at][0] : pieces[last - 1][1]])
            if match is not None:
                labels.append(match)
                at = last
                break
        else:
            return labels, False
    return labels, len(text) <= MAX_LIST_CHARS


def _pieces(text: str) -> list[tuple[int, int]]:
    """Positions of the pieces between separators; empty pieces are left out."""
    pieces: list[tuple[int, int]] = []
    start = 0
    for separator in _SEPARATOR.finditer(text):
        if separator.start() > start:
            pieces.append((start, separator.start()))
        start = separator.end()
        if len(pieces) >= _MAX_PIECES:
            return pieces
    return [*pieces, (start, len(text))] if start < len(text) else pieces


def _known(index: LabelIndex, piece: str) -> Match | None:
    return index.known(piece) or index.known(_BESIDE.sub("", piece.strip(" \t*_`\"'“”")))

"""Stems of English words for the lexical match; simple on purpose, so that its results are easy to explain."""

import hashlib
import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]{2,}")
_SUFFIXES = ("ations", "ation", "ings", "ions", "ing", "ion", "ies", "ied", "ers", "ed", "er", "es", "ly", "s", "y", "e")
_STOP_TEXT = """
about after all also an and any are as at be because been before being but by can could did do does doing each for
from get give given had has have he her his how if in into is it its just may me might more most my no not of off
on one only or other our out over own say says she should so some such than that the their them then there these
they this those to too up us use uses using very was we were what when where whether which while who why will
with without would you your
"""
_STOP_WORDS = frozenset(_STOP_TEXT.split())
_KNOWN: dict[str, str] = {}
_MAX_KNOWN = 200_000


def stem(word: str) -> str:
    """A lower-case word without a common English ending: the stem of coding, codes and coded is `cod`."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= (5 if suffix.startswith("ation") else 3):
            word = word[: -len(suffix)]
            break
    # programm(ing) and program have the same stem.
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        return word[:-1]
    return word


def stems(text: str) -> set[str]:
    """Distinct stems of a text."""
    if len(_KNOWN) > _MAX_KNOWN:
        _KNOWN.clear()
    distinct = set()
    for word in set(_WORD.findall(text.lower())):
        known = _KNOWN.get(word)
        if known is None:
            known = _KNOWN[word] = stem(word)
        distinct.add(known)
    return distinct


def content_stems(text: str) -> set[str]:
    """Distinct stems of a definition, without stop words; underscores separate words."""
    return {stem(word) for word in _WORD.findall(text.lower().replace("_", " ")) if word not in _STOP_WORDS}


def hash_to_unit(parts: Iterable[object]) -> float:
    """A pseudo-random number in [0, 1): a hash of the parts as text, the same on any machine."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "replace"), digest_size=7).digest()
    return int.from_bytes(digest) / 256**7

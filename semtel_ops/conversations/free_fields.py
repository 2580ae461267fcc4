"""Restricts what a record says beside its turns: nothing of a source reaches the lake as free text except scrubbed turns.

    language  a tag such as `en` or `pt-BR`, or the English name of a language; else null
    labels    values of classifiers: short scrubbed texts, small numbers, booleans, short lists of them; all else is left out

Whatever a format of a source reads into a conversation passes through here, its id through `lake_ids`; the lake has columns for
nothing else.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from semtel_ops.conversations.scrub import Scrubber, all_visible

MAX_LABEL_CHARS = 200
MAX_LABELS_IN_LIST = 64
# More digits could be a phone number; a level or score has fewer.
MAX_LABEL_NUMBER = 1_000_000

# RFC 5646 without extensions and private use, which are free text: language, extended language, script, region, variant.
_TAG = re.compile(
    r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{3})?(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?(?:[-_][0-9][A-Za-z0-9]{3})?"
)
# As collections such as WildChat and LMSYS-Chat-1M name languages.
_NAMES = frozenset(
    """
    afrikaans albanian amharic arabic armenian azerbaijani basque belarusian bengali bokmal bosnian bulgarian catalan chinese
    corsican croatian czech danish dutch english esperanto estonian finnish french galician ganda georgian german greek gujarati
    hausa hebrew hindi hungarian icelandic indonesian interlingua irish italian japanese kannada kazakh khmer klingon korean
    kurdish kyrgyz latin latvian lithuanian luxembourgish macedonian malagasy malay malayalam maltese manx maori marathi
    mongolian nepali nolang norwegian nynorsk occitan oriya pashto persian polish portuguese punjabi quechua romanian russian
    sanskrit scots serbian shona sindhi sinhala slovak slovene slovenian somali sotho spanish sundanese swahili swedish tagalog
    tajik tamil tatar telugu thai tibetan tsonga tswana turkish turkmen uighur ukrainian unknown urdu uzbek vietnamese volapuk
    waray welsh wolof xhosa yiddish yoruba zhuang zulu
    """.split()  # noqa: SIM905 — a word list is easier to read and to sort
)


class FreeFields:
    """Restricts records of one source, and counts what was left out, by field."""

    def __init__(self, classifiers: Collection[str]) -> None:
        """`classifiers`: the keys of labels that are kept."""
        self._classifiers = frozenset(classifiers)
        self.left_out: Counter[str] = Counter()

    def language(self, given: str | None) -> str | None:
        if given is None or is_language(given):
            return given
        self.left_out["language"] += 1
        return None

    def labels(self, given: dict[str, object]) -> dict[str, Any]:
        """The labels that are kept, not scrubbed yet: `scrub_labels` scrubs those of a whole batch."""
        kept = {key: value for key, value in given.items() if key in self._classifiers and _is_label(value)}
        if len(kept) < len(given):
            self.left_out["labels"] += len(given) - len(kept)
        return kept


@lru_cache(maxsize=1024)
def is_language(text: str) -> bool:
    return _TAG.fullmatch(text) is not None or text.lower() in _NAMES


def scrub_labels(labels: Sequence[dict[str, Any]], scrubber: Scrubber, *, invisible: bool) -> Counter[str]:
    """Scrub the texts in these labels where they stand; returns what was replaced or, with `invisible`, removed, by kind."""
    uses = Counter([text for each in labels for value in each.values() for text in _texts(value)])
    given = list(uses)
    texts = given.copy()
    counts: Counter[str] = Counter()
    # In the order of the turns: see `steps.extract`.
    for at, seen in (all_visible(texts) if invisible and texts else {}).items():
        texts[at] = seen.text
        counts["invisible"] += seen.hidden * uses[given[at]]
    for at, result in (scrubber.scrub_all(texts) if texts else {}).items():
        texts[at] = result.text
        counts.update({pii.value: n * uses[given[at]] for pii, n in result.counts.items()})
    changed = {before: after for before, after in zip(given, texts, strict=True) if before != after}
    if changed:
        for each in labels:
            for key, value in each.items():
                each[key] = [_in(changed, item) for item in value] if isinstance(value, list) else _in(changed, value)
    return counts


def _in(changed: Mapping[str, str], value: Any) -> Any:
    return changed.get(value, value) if isinstance(value, str) else value


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    return (value,) if isinstance(value, str) else ()


def _is_label(value: object) -> bool:
    if isinstance(value, str):  # most are
        return len(value) <= MAX_LABEL_CHARS
    if isinstance(value, list):
        return len(value) <= MAX_LABELS_IN_LIST and all(map(_is_scalar, value))
    return _is_scalar(value)


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_LABEL_CHARS
    if isinstance(value, bool) or value is None:
        return True
    return isinstance(value, int | float) and math.isfinite(value) and abs(value) < MAX_LABEL_NUMBER

"""Restricts what a record says beside its turns: nothing of a source reaches the lake as free text except scrubbed turns.

    id        a reference, or its hash (`lake_ids`)
    language  a tag such as `en` or `pt-BR`, or the English name of a language; else null
    labels    values of classifiers: short scrubbed texts, small numbers, booleans, short lists of them; all else is left out

Whatever a format of a source reads into a conversation passes through here, and the lake has columns for nothing else.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from semtel_ops.conversations.lake_ids import LakeIds
from semtel_ops.conversations.model import Conversation
from semtel_ops.conversations.scrub import Scrubber

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


class Restricted(NamedTuple):
    """The fields of a conversation as the lake may have them.

    Attributes:
        labels: not scrubbed yet: `scrub_labels` scrubs those of a whole batch.
    """

    id: str
    language: str | None
    labels: dict[str, Any]


class FreeFields:
    """Restricts records of one source, and counts what was left out, by field."""

    def __init__(self, ids: LakeIds, classifiers: Collection[str]) -> None:
        """`classifiers`: the keys of labels that are kept."""
        self._ids = ids
        self._classifiers = frozenset(classifiers)
        self.left_out: Counter[str] = Counter()

    def id_of(self, conversation: Conversation) -> str:
        """The conversation's id in the lake."""
        return self._ids.of(conversation.id)

    def restrict(self, conversation: Conversation, lake_id: str) -> Restricted:
        language = conversation.language
        if language is not None and not is_language(language):
            language = None
            self.left_out["language"] += 1
        return Restricted(lake_id, language, self._labels(conversation.labels) if conversation.labels else {})

    def _labels(self, given: dict[str, object]) -> dict[str, Any]:
        kept = {key: value for key, value in given.items() if key in self._classifiers and _is_label(value)}
        if len(kept) < len(given):
            self.left_out["labels"] += len(given) - len(kept)
        return kept


@lru_cache(maxsize=1024)
def is_language(text: str) -> bool:
    return _TAG.fullmatch(text) is not None or text.lower() in _NAMES


def scrub_labels(labels: Sequence[dict[str, Any]], scrubber: Scrubber) -> Counter[str]:
    """Scrub the texts in these labels where they stand; returns the replacements by kind of personal data."""
    uses = Counter(text for each in labels for value in each.values() for text in _texts(value))
    texts = list(uses)
    changed = scrubber.scrub_all(texts) if texts else {}
    if not changed:
        return Counter()
    scrubbed = {texts[at]: result.text for at, result in changed.items()}
    for each in labels:
        for key, value in each.items():
            each[key] = [scrubbed.get(item, item) for item in value] if isinstance(value, list) else scrubbed.get(value, value)
    counts: Counter[str] = Counter()
    for at, result in changed.items():
        counts.update({pii.value: n * uses[texts[at]] for pii, n in result.counts.items()})
    return counts


def _texts(value: Any) -> Iterable[str]:
    return [item for item in (value if isinstance(value, list) else (value,)) if isinstance(item, str)]


def _is_label(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= MAX_LABELS_IN_LIST and all(map(_is_scalar, value))
    return _is_scalar(value)


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_LABEL_CHARS
    if isinstance(value, bool) or value is None:
        return True
    return isinstance(value, int | float) and math.isfinite(value) and abs(value) < MAX_LABEL_NUMBER

"""Where a person is: pairs of latitude and longitude."""

import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.model import PiiType, Span

_LATITUDE = r"[+-]?(?:[1-8]?\d\.\d{4,12}|90\.0{4,12})"
_LONGITUDE = r"[+-]?(?:(?:1[0-7]\d|[1-9]?\d)\.\d{4,12}|180\.0{4,12})"
# A pair alone: in a longer list of numbers it is no place.
_PAIR = re.compile(
    rf"(?<![\w.+\-])(?<!\d, )(?<!\d,)({_LATITUDE})°?(?: ?(?P<comma>,) ?| )({_LONGITUDE})(?![\w.]|,? ?[+-]?\d)", re.ASCII
)
_NAMED = re.compile(
    rf"\b(?:lat|latitude|latitud|lon|lng|long|longitude|longitud|breitengrad|längengrad)\b[\"']?[ "
    rf":=]{{1,3}}({_LONGITUDE})(?![\w.])",
    re.IGNORECASE,
)
_AXES = ("lat", "lon", "lng", "breite", "länge")
_DEGREES = re.compile(
    r"(?<!\d)\d{1,2}° ?\d{1,2}['′’] ?(?:\d{1,2}(?:\.\d{1,4})?(?:[\"″”]|'') ?)?[NSns][ ,;]{0,3}"
    r"\d{1,3}° ?\d{1,2}['′’] ?(?:\d{1,2}(?:\.\d{1,4})?(?:[\"″”]|'') ?)?[EWOewo]"
)
_CUE = re.compile(
    r"coord|gps|\blat|locat|\bi'm at|i am at|home is|live at|meet at|ubicaci|estoy|posizione|position|je suis|"
    r"standort|estou|"
    r"координат|位置|現在地|坐标|위치|konum|موقع|लोकेशन|jestem|maps"
)
_DECIMALS = re.compile(r"\.[0-9]{4}")
_CUE_REACH = 40


def coordinates(text: str, lowered: str) -> Iterator[Span]:
    """Pairs of numbers that are latitude and longitude, in a folded line.

    Without a word for place before it, a pair needs five decimals and both parts above one degree: results of
    programs are often pairs of shares.
    """
    for match in _PAIR.finditer(text) if _DECIMALS.search(text) else ():
        cue = _CUE.search(lowered[max(0, match.start() - _CUE_REACH) : match.start()])
        precise = all(len(part.partition(".")[2]) >= 5 and abs(float(part)) >= 1 for part in (match[1], match[3]))
        if cue or (precise and match["comma"]):
            yield Span(*match.span(), PiiType.COORDINATES)
    if any(map(lowered.__contains__, _AXES)):
        for match in _NAMED.finditer(text):
            yield Span(*match.span(1), PiiType.COORDINATES)
    if "°" in text:
        for match in _DEGREES.finditer(text):
            yield Span(*match.span(), PiiType.COORDINATES)

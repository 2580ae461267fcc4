"""Street addresses that a pattern can recognize: a house number next to a word for street, in several languages."""

import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.char_mask import MaskedPattern
from semtel_ops.conversations.scrub.model import PiiType, Span

# Words that only mean streets, and ambiguous words, which count only after a house number of two digits or more.
_EN = r"(?:Street|Avenue|Road|Boulevard|Lane|Terrace|Parkway|Highway|Crescent|St|Ave|Rd|Blvd|Ln|Pkwy|Hwy)"
_EN_VAGUE = r"(?:Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Close)"
_EN_WORD = r"(?:[NSEW]\.? |(?:North|South|East|West|\d{1,3}(?:st|nd|rd|th)) )?(?:[A-Z][a-z'’.\-]{1,20} ){1,3}"
_EN_ORDINAL = r"(?:[NSEW]\.? )?\d{1,3}(?:st|nd|rd|th) "
_EN_REST = (
    r"\b\.?(?! [A-Z][a-z]+ [A-Z][a-z])(?:,? (?:Apt|Apartment|Suite|Unit|Flat|#)\.? ?[A-Za-z0-9\-]{1,6})?"
    r"(?:,? [A-Z][A-Za-z.]{1,20}(?: [A-Z][a-z]{1,20})?,? [A-Z]{2} \d{5}(?:-\d{4})?)?(?:,? (?:[A-Z][a-z]{1,20},? "
    r")?[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})?"
)
_WORD = r"[^\W\d_][\w'’.\-]{0,24}"
_NUMBER = r"\d{1,4}(?: ?[a-zA-Z])?(?![\w]|[.,]\d)"

_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("box",), re.compile(r"\bP\.? ?O\.? Box \d{1,6}\b", re.IGNORECASE)),
    (
        ("str", "weg", "platz", "allee", "gasse", "straat", "laan", "plein", "gracht", "kade"),
        re.compile(
            rf"\b(?:[A-ZÄÖÜ][\wäöüß\-]{{1,24}}(?<![A-Z])(?:straße|strasse|str\.|weg|platz|allee|gasse|straat|"
            rf"laan|plein|gracht|kade)"
            rf"|[A-ZÄÖÜ][\wäöüß\-]{{1,24}} (?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse)) {_NUMBER}(?:, \d{{5}} {_WORD})?"
        ),
    ),
    (
        ("rue", "avenue", "boulevard", "chemin", "impasse", "allée", "quai", "place", "route"),
        re.compile(
            r"(?<![\w.,-])\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|chemin|impasse|allée|quai|place|route) "
            r"(?:(?:du|des|de la|de l['’]|de|d['’]|le|la|les) ?)?[A-ZÀ-Ý][\w'’\-]{1,24}(?:[ -][A-ZÀ-Ý][\w'’\-]{1,24}){0,3}"
            rf"(?:,? \d{{5}} {_WORD})?"
        ),
    ),
    (
        (
            "calle",
            "c/",
            "avenida",
            "avda",
            "av.",
            "alameda",
            "plaza",
            "paseo",
            "rua",
            "travessa",
            "via",
            "viale",
            "piazza",
            "corso",
            "ul.",
        ),
        re.compile(
            r"(?<!\w)(?:[Cc]alle|[Cc]/|[Aa]venida|[Aa]vda\.?|[Aa]v\.|[Pp]laza|[Pp]aseo|[Rr]ua|[Aa]lameda|"
            r"Travessa|Via|Viale|Piazza|Corso|ul\.) ?"
            r"(?:(?:de la|de los|del|de|da|dos|das|do|della|dei|di) )?[A-ZÀ-Ý][\w'’.\-]{1,24}"
            r"(?: (?:de |del |da |do )?[A-ZÀ-Ý][\w'’.\-]{1,24}){0,3}"
            rf",? (?:[Nn][º°o.]{{0,2}} ?)?{_NUMBER}(?:,? \d{{1,2}}[ºª] ?[A-Z]?\b)?(?:,? \d{{5}} {_WORD})?"
        ),
    ),
)


_ENGLISH = MaskedPattern(
    re.compile(
        rf"(?<![\w.,$€£-])(?:(?:Flat|Apt|Unit) \d{{1,4}}[A-Z]?, )?(?P<number>\d{{1,5}})[A-Za-z]?,? "
        rf"(?:(?:{_EN_WORD}|{_EN_ORDINAL}){_EN}|(?P<vague>{_EN_WORD}{_EN_VAGUE})){_EN_REST}"
    ),
    # A number, then a capitalized word or, as in "12 5th Avenue", another number.
    ("0 A", "0, A", "0A A", "0A, A", "0a A", "0a, A", "0aa "),
)


def addresses(text: str, lowered: str, mask: str | None) -> Iterator[Span]:
    """Addresses in English and other languages.

    Args:
        lowered: the text in lower case.
        mask: `char_mask` of the text.
    """
    if _ENGLISH.may_match(text, mask):
        for match in _ENGLISH.pattern.finditer(text):
            # "12 Ocean Drive" is an address; "3 External Hard Drive" is not.
            if match["vague"] is None or len(match["number"]) > 1:
                yield Span(*match.span(), PiiType.ADDRESS)
    for words, pattern in _PATTERNS:
        if any(map(lowered.__contains__, words)):
            for match in pattern.finditer(text):
                yield Span(*match.span(), PiiType.ADDRESS)

r"""Prefilter of the rules: which of many folded texts a rule could change.

Its expressions match everything that the rules match, and more; most texts of a week match none of them, and no rule runs on
them. They run in Arrow (RE2), in a single pass over the bytes whatever the number of alternatives. RE2 has no look-around, and
its `\d`, `\s` and `\w` are ASCII only, so each pattern here is the pattern of a rule without look-arounds and with wider
classes. Where a rule is widened, its pattern here must be widened too; tests compare the two.
"""

from collections.abc import Iterable, Sequence
from enum import Flag, auto
from typing import TYPE_CHECKING

from semtel_ops.conversations.scrub.addresses_elsewhere import STREET_SIEVES
from semtel_ops.conversations.scrub.assigned_secrets import LONG_VALUE_SIEVES, SHORT_VALUE_SIEVES
from semtel_ops.conversations.scrub.crypto_addresses import CRYPTO_SIEVE
from semtel_ops.conversations.scrub.cued import CUES_ALONE, STEMS_BEFORE_DIGITS, WORDS_BEFORE_DIGITS
from semtel_ops.conversations.scrub.key_shapes import KEY_CHARACTER
from semtel_ops.conversations.scrub.names import CLAIMS, FAREWELLS, FIELDS, INTRODUCTIONS, SALUTATIONS
from semtel_ops.conversations.scrub.names_elsewhere import ANNOUNCEMENTS
from semtel_ops.conversations.scrub.secret_keys import LONG_KEY_SIEVES, SHORT_KEY_SIEVES, USER_OPTION_SIEVE
from semtel_ops.conversations.scrub.spelled_emails import SPELLED_SIEVES

if TYPE_CHECKING:
    import pyarrow as pa

_DIGIT = r"\p{Nd}"
_SPACE = r"[\s\v\x1c-\x1f\x{85}\p{Z}]"
_START = r"(?:^|[^0-9A-Za-z_])"


def _phrases(phrases: Sequence[str]) -> str:
    r"""Any of the phrases in any case, as in `re`: there `i` also matches İ and ı, and `\s` any Unicode space."""
    escaped = (phrase.replace(".", r"\.").replace("i", "[iİı]").replace(" ", _SPACE) for phrase in phrases)
    return f"(?i:{'|'.join(escaped)})"


_NETWORK_AND_NUMBERS = (
    "@",
    "::",
    rf"(?:{_DIGIT}{{1,3}}\.){{3}}{_DIGIT}",
    r"(?:[0-9A-Fa-f]{1,4}:){6}",
    rf"{_DIGIT}(?:[ ./()\-]{{0,2}}{_DIGIT}){{5}}",
    rf"{_DIGIT}\.{_DIGIT}{{4}}|{_DIGIT}° ?{_DIGIT}",
    r"[0-9A-Fa-f]{2}[:\-][0-9A-Fa-f]{2}[:\-][0-9A-Fa-f]{2}[:\-]|[0-9a-f]{4}\.[0-9a-f]{4}\.",
    (
        rf"[A-HJ-NPR-Z0-9]{{17}}|[A-Z]{{5}}{_DIGIT}{{4}}[A-Z]|[A-Z]{{4}}{_DIGIT}{{6}}[HMX]|"
        rf"[a-z]{{6}}{_DIGIT}{{2}}[a-z]{_DIGIT}{{2}}[a-z]"
    ),
    (
        rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]|[АВЕКМНОРСТУХ] "
        rf"?{_DIGIT}{{3}} ?[АВЕКМНОРСТУХ]"
    ),
    rf"{_DIGIT} ?[\x{{3042}}-\x{{3093}}] ?{_DIGIT}{{2}}|{_DIGIT}[가-힣] {_DIGIT}{{4}}",
    rf"[A-Za-z]{{2}}{_DIGIT}{{2}}(?:[ -]?[A-Za-z0-9]){{11}}",
    r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPR-T][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]",
)
_PLACES = (
    (
        rf"{_DIGIT}[A-Za-z]?,? (?:[A-Z\p{{Nd}}][^ \n]* ){{1,4}}"
        r"(?:Street|Avenue|Road|Boulevard|Lane|Terrace|Parkway|Highway|Crescent|St|Ave|Rd|Blvd|Ln|Pkwy|Hwy"
        r"|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Close)"
    ),
    rf"(?i:p\.? ?o\.? box ){_DIGIT}",
    rf"(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|[Ww]eg|[Pp]latz|[Aa]llee|[Gg]asse|straat|laan|plein|gracht|kade) {_DIGIT}",
    rf"{_DIGIT}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|chemin|impasse|allée|quai|place|route) ",
    (
        r"(?:[Cc]alle|[Cc]/|[Aa]venida|[Aa]vda\.?|[Aa]v\.|[Pp]laza|[Pp]aseo|[Rr]ua|[Aa]lameda|Travessa|Via|"
        r"Viale|Piazza|Corso|ul\.) ?"
        rf"(?:(?:de la|de los|del|de|da|do|dos|das|della|dei|di) )?[A-ZÀ-Ý][^\n]*{_DIGIT}"
    ),
    *STREET_SIEVES,
)
# A cue of a phone stands before at least seven digits, which are in the expressions for numbers.
_CUED = (
    # The longest gap of a rule, and what may stand between a cue and the first digit of a value.
    rf"(?:^|\PL){_phrases(WORDS_BEFORE_DIGITS)}(?:\PL[^\n]{{0,40}})?[\p{{Nd}}@]",
    rf"(?:{_phrases(STEMS_BEFORE_DIGITS)})[^\n]{{0,44}}?[\p{{Nd}}@]",
)
_CUED_ALONE = (_phrases(CUES_ALONE), *SPELLED_SIEVES)
_ANY_CUE = rf"(?:^|\PL){_phrases(WORDS_BEFORE_DIGITS)}(?:$|[\PL\p{{Nd}}])|{_phrases(STEMS_BEFORE_DIGITS)}"
# A capitalized word and the beginning of another word.
_CAPITAL = r"[^a-zà-ÿ\s0-9][^\s0-9]* [^\s0-9]"
_NAMES = (
    rf"{_phrases(INTRODUCTIONS)}(?::|{_SPACE})",
    rf"{_START}{_phrases(SALUTATIONS)}{_SPACE}[^a-z]",
    rf"{_START}{_phrases(CLAIMS)}{_SPACE}{_CAPITAL}",
    rf"{_phrases(FIELDS)}{_SPACE}?:{_SPACE}?{_CAPITAL}",
    *ANNOUNCEMENTS,
    rf"{_phrases(FAREWELLS)}[,.!]?[ \t]?\n",
)


class Family(Flag):
    """Rules whose matches one expression of the prefilter stands for."""

    NUMBERS = auto()
    """Numbers and the network."""
    ADDRESSES = auto()
    KEYS = auto()
    """Secrets and addresses of cryptocurrencies, by their own form."""
    ASSIGNED_KEYS = auto()
    PASSWORDS = auto()
    """Passwords, one-time codes and seed phrases after a cue."""
    NAMES = auto()
    CUED = auto()
    """What only a word before it gives away, and spelled-out e-mail."""


LINE_FAMILIES = Family.NUMBERS | Family.ADDRESSES
"""The families whose matches never go across the end of a line, but for e-mail."""
EVERY_FAMILY = LINE_FAMILIES | Family.KEYS | Family.ASSIGNED_KEYS | Family.PASSWORDS | Family.NAMES | Family.CUED

# Few expressions, each with few enough states that RE2 caches them: a pass costs 1.4 to 2.8 ns a character, and one expression
# of them all 11 ns.
_EXPRESSIONS: tuple[tuple[Family, str], ...] = (
    (Family.NUMBERS, "|".join(_NETWORK_AND_NUMBERS)),
    (Family.ADDRESSES, "|".join(_PLACES)),
    (Family.KEYS | Family.PASSWORDS, "|".join(SHORT_KEY_SIEVES + SHORT_VALUE_SIEVES)),
    (Family.KEYS, USER_OPTION_SIEVE),
    (Family.NAMES, "|".join(_NAMES)),
    (Family.CUED, "|".join(_CUED_ALONE)),
)
# Expressions for texts that match a simpler expression only, with which it is faster to see that most match nothing.
_EXPRESSIONS_BEHIND: tuple[tuple[str, tuple[tuple[Family, str], ...]], ...] = (
    # Every long key stands in such a run, which ordinary text seldom has.
    (
        f"{KEY_CHARACTER}{{16}}",
        (
            (Family.KEYS, "|".join((*LONG_KEY_SIEVES, CRYPTO_SIEVE))),
            (Family.ASSIGNED_KEYS, "|".join(LONG_VALUE_SIEVES)),
        ),
    ),
    (_ANY_CUE, tuple((Family.CUED, expression) for expression in _CUED)),
)


def suspects(texts: Sequence[str], among: Family = EVERY_FAMILY) -> dict[int, Family]:
    """The texts that a rule could change, by their index, ascending, each with the families of these rules.

    A call takes about 5 ms plus 12 ns per character, so it should be given hundreds of texts at once.
    """
    column = _column(texts)
    if column is None:
        return dict.fromkeys(range(len(texts)), among)
    families: dict[int, Family] = {}

    def look(column: "pa.LargeStringArray", expressions: Iterable[tuple[Family, str]], indices: Sequence[int]) -> None:
        for family, expression in expressions:
            if family & among:
                for at in _matching(column, expression):
                    families[indices[at]] = families.get(indices[at], Family(0)) | family & among

    look(column, _EXPRESSIONS, range(len(texts)))
    for gate, expressions in _EXPRESSIONS_BEHIND:
        if any(family & among for family, _ in expressions) and (some := _matching(column, gate)):
            look(column.take(some), expressions, some)
    return dict(sorted(families.items()))


def _column(texts: Sequence[str]) -> "pa.LargeStringArray | None":
    """The texts for Arrow; None where one has a lone surrogate, which text from `sources` has not."""
    import pyarrow as pa

    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return None


def _matching(column: "pa.LargeStringArray", expression: str) -> list[int]:
    import pyarrow.compute as pc

    indices: list[int] = pc.indices_nonzero(pc.match_substring_regex(column, pattern=expression)).to_pylist()
    return indices

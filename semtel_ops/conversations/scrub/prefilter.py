r"""Prefilter of the rules: which of many folded texts a rule could change.

Its expressions match everything that the rules match, and more; most texts of a week match none of them, and no rule runs on
them. They run in Arrow (RE2), in a pass over the bytes for each expression. RE2 has no look-around, and its `\d`, `\s` and
`\w` are ASCII only, so each pattern here is the pattern of a rule without look-arounds and with wider classes. Where a rule is
widened, its pattern here must be widened too; tests compare the two.

A pass costs 1.4 ns a character, and before that 1 to 6 ms for its states, which RE2 makes anew in each call: few states are
what counts. So classes are wide, an unbounded repetition stands for a bounded one, and what has a digit, or a long run of the
characters of keys, is only looked for in texts that have these.
"""

from collections.abc import Iterator, Sequence
from enum import Flag, auto
from typing import TYPE_CHECKING, NamedTuple

from semtel_ops.conversations.scrub.addresses_elsewhere import STREET_SIEVES
from semtel_ops.conversations.scrub.assigned_secrets import CODE_SIEVES, LONG_VALUE_SIEVES, SHORT_VALUE_SIEVES
from semtel_ops.conversations.scrub.crypto_addresses import CRYPTO_SIEVE
from semtel_ops.conversations.scrub.cued import CUES_ALONE, STEMS_BEFORE_DIGITS, WORDS_BEFORE_DIGITS
from semtel_ops.conversations.scrub.key_shapes import KEY_CHARACTER
from semtel_ops.conversations.scrub.names import CLAIMS, FAREWELLS, FIELDS, INTRODUCTIONS, SALUTATIONS
from semtel_ops.conversations.scrub.names_elsewhere import ANNOUNCEMENTS
from semtel_ops.conversations.scrub.secret_keys import LONG_KEY_SIEVES, SHORT_KEY_SIEVES, USER_OPTION_SIEVE
from semtel_ops.conversations.scrub.spelled_emails import SPELLED_SIEVES

if TYPE_CHECKING:
    import pyarrow as pa


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

# A letter may stand where these match; so may what is none, which is wider than the rules and has far fewer states.
_NO_LETTER = r"[^A-Za-z]"
_START = r"(?:^|[^0-9A-Za-z_])"
# A capitalized word and the beginning of another word.
_CAPITAL = r"[^a-zà-ÿ\s0-9][^\s0-9]* [^\s0-9]"


class _Gate(NamedTuple):
    """Expressions for the texts that match a simpler expression; all texts match an empty one."""

    expression: str
    behind: tuple[tuple[Family, str], ...]


# Folding leaves no decimal digits but those of ASCII in the first plane of Unicode.
_DIGIT = r"[0-9\x{10000}-\x{10ffff}]"
_SPACE = r"[^!-~]"


def _phrases(phrases: Sequence[str]) -> str:
    r"""Any of the phrases in any case, as in `re`: there `i` also matches İ and ı, and `\s` any Unicode space."""
    escaped = (phrase.replace(".", r"\.").replace("i", "[iİı]").replace(" ", _SPACE) for phrase in phrases)
    return f"(?i:{'|'.join(escaped)})"


def _network_and_numbers() -> Iterator[str]:
    yield "@"
    yield "::"
    yield rf"(?:{_DIGIT}{{1,3}}\.){{3}}{_DIGIT}"
    yield r"(?:[0-9A-Fa-f]{1,4}:){6}"
    yield rf"{_DIGIT}(?:[ ./()\-]{{0,2}}{_DIGIT}){{5}}"
    yield rf"{_DIGIT}\.{_DIGIT}{{4}}"
    yield r"[0-9A-Fa-f]{2}[:\-][0-9A-Fa-f]{2}[:\-][0-9A-Fa-f]{2}[:\-]|[0-9a-f]{4}\.[0-9a-f]{4}\."
    yield rf"[A-HJ-NPR-Z0-9]{{17}}|[A-Z]{{5}}{_DIGIT}{{4}}[A-Z]|[A-Z]{{4}}{_DIGIT}{{6}}[HMX]"
    yield rf"[a-z]{{6}}{_DIGIT}{{2}}[a-z]{_DIGIT}{{2}}[a-z]"
    yield rf"[A-Za-z]{{2}}{_DIGIT}{{2}}(?:[ -]?[A-Za-z0-9]){{11}}"
    yield r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPR-T][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]"
    yield rf"{_DIGIT}° ?{_DIGIT}"
    yield r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]"
    yield rf"[АВЕКМНОРСТУХ] ?{_DIGIT}{{3}} ?[АВЕКМНОРСТУХ]"
    yield rf"{_DIGIT} ?[\x{{3042}}-\x{{3093}}] ?{_DIGIT}{{2}}|{_DIGIT}[가-힣] {_DIGIT}{{4}}"


def _places() -> Iterator[str]:
    yield (
        rf"{_DIGIT}[A-Za-z]?,? (?:[A-Z0-9\x{{10000}}-\x{{10ffff}}][^ \n]* ){{1,4}}"
        r"(?:Street|Avenue|Road|Boulevard|Lane|Terrace|Parkway|Highway|Crescent|St|Ave|Rd|Blvd|Ln|Pkwy|Hwy"
        r"|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Close)"
    )
    yield rf"(?i:p\.? ?o\.? box ){_DIGIT}"
    yield rf"(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|[Ww]eg|[Pp]latz|[Aa]llee|[Gg]asse|straat|laan|plein|gracht|kade) {_DIGIT}"
    yield rf"{_DIGIT}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|chemin|impasse|allée|quai|place|route) "
    yield (
        r"(?:[Cc]alle|[Cc]/|[Aa]venida|[Aa]vda\.?|[Aa]v\.|[Pp]laza|[Pp]aseo|[Rr]ua|[Aa]lameda|Travessa|Via|"
        r"Viale|Piazza|Corso|ul\.) ?"
        rf"(?:(?:de la|de los|del|de|da|do|dos|das|della|dei|di) )?[A-ZÀ-Ý][^\n]*{_DIGIT}"
    )
    yield from STREET_SIEVES


def _before_digits() -> Iterator[str]:
    """Cues before a digit of the same line. Those of a phone stand before seven digits, which are among the numbers."""
    yield rf"(?:^|{_NO_LETTER}){_phrases(WORDS_BEFORE_DIGITS)}(?:[^A-Za-z\n][^\n]*)?{_DIGIT}"
    yield rf"{_phrases(STEMS_BEFORE_DIGITS)}[^\n]*{_DIGIT}"


def _names() -> Iterator[str]:
    yield rf"{_phrases(INTRODUCTIONS)}(?::|{_SPACE})"
    yield rf"{_START}{_phrases(SALUTATIONS)}{_SPACE}[^a-z]"
    yield rf"{_START}{_phrases(CLAIMS)}{_SPACE}{_CAPITAL}"
    yield rf"{_phrases(FIELDS)}{_SPACE}?:{_SPACE}?{_CAPITAL}"
    yield rf"{_phrases(FAREWELLS)}[,.!]?[ \t]?\n"
    yield from ANNOUNCEMENTS


def _gates() -> tuple[_Gate, ...]:
    everywhere = (
        (Family.KEYS, "|".join(SHORT_KEY_SIEVES)),
        (Family.KEYS, USER_OPTION_SIEVE),
        (Family.PASSWORDS, "|".join(SHORT_VALUE_SIEVES)),
        (Family.NAMES, "|".join(_names())),
        (Family.CUED, "|".join((_phrases(CUES_ALONE), *SPELLED_SIEVES))),
    )
    with_digits = (
        (Family.NUMBERS, "|".join(_network_and_numbers())),
        (Family.ADDRESSES, "|".join(_places())),
        (Family.CUED, "|".join(("@", *_before_digits()))),
        (Family.PASSWORDS, "|".join(CODE_SIEVES)),
    )
    with_long_runs = (
        (Family.KEYS, "|".join((*LONG_KEY_SIEVES, CRYPTO_SIEVE))),
        (Family.ASSIGNED_KEYS, "|".join(LONG_VALUE_SIEVES)),
    )
    return (
        _Gate("", everywhere),
        _Gate(rf"{_DIGIT}|[@〒]|::|:[0-9A-Fa-f]{{2}}:", with_digits),
        _Gate(f"{KEY_CHARACTER}{{16}}", with_long_runs),
    )


_GATES = _gates()


def suspects(texts: Sequence[str], among: Family = EVERY_FAMILY) -> dict[int, Family]:
    """The texts that a rule could change, by their index, ascending, each with the families of these rules.

    A call takes about 30 ms plus 11 ns per character, so it should be given thousands of texts at once.
    """
    families: dict[int, Family] = {}
    for index, family in _suspects(texts, among):
        families[index] = families.get(index, Family(0)) | family & among
    return dict(sorted(families.items()))


def _suspects(texts: Sequence[str], among: Family) -> Iterator[tuple[int, Family]]:
    column = _column(texts)
    if column is None:
        yield from ((index, among) for index in range(len(texts)))
        return
    for gate, expressions in _GATES:
        wanted = [(family, expression) for family, expression in expressions if family & among]
        some = _matching(column, gate) if gate and wanted else range(len(texts))
        if not some or not wanted:
            continue
        inside = column.take(some) if gate else column
        for family, expression in wanted:
            yield from ((some[index], family) for index in _matching(inside, expression))


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

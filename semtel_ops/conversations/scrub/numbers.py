"""Numbers that belong to a person: cards, accounts, phones, and national ids.

The type of a number follows from its check digits, its punctuation or the word before it; a number without any of these is not
replaced. All expressions start where a run of characters starts and have a bounded length, so their time is linear in the text.
"""

import re
from collections.abc import Callable, Iterator

from semtel_ops.conversations.scrub import check_digits
from semtel_ops.conversations.scrub.char_mask import MaskedPattern
from semtel_ops.conversations.scrub.model import PiiType, Span
from semtel_ops.conversations.scrub.phones import phones

LONG_NUMBER = re.compile(r"\d(?:[ ./()\-]{0,2}\d){5}")
"""Prefilter for all numbers without letters: at least six digits, close together."""
LETTERED_NUMBER = MaskedPattern(
    re.compile(r"[A-Za-z]{2} ?\d{2}|\d{2}-?[A-Z]\b", re.ASCII),
    ("aa00", "aA00", "Aa00", "AA00", "aa 00", "aA 00", "Aa 00", "AA 00", "00A", "00-A"),
)
"""Prefilter for numbers with letters."""

# A lookahead consumes nothing, so a card number that overlaps an earlier match is found too.
_CARD = MaskedPattern(
    re.compile(
        r"(?<![\w.])(?=(\d{4}([ -])\d{4}\2\d{4}\2\d{4}(?:\2\d{3})?|\d{4}([ -])\d{6}\3\d{4,5}|\d{13,19})(?![\w]|\.\d))", re.ASCII
    ),
    ("0000 0000 0000 0000", "0000-0000-0000-0000", "0000 000000 0000", "0000-000000-0000", "0000000000000"),
)
_CARD_BRANDS: tuple[tuple[str, frozenset[int]], ...] = (
    (r"4", frozenset({13, 16, 19})),  # Visa
    (r"5[1-5]|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)", frozenset({16})),  # Mastercard
    (r"3[47]", frozenset({15})),  # American Express
    (r"6011|65|64[4-9]|62|81", frozenset({16, 17, 18, 19})),  # Discover, UnionPay
    (r"35(?:2[89]|[3-8]\d)", frozenset({16, 17, 18, 19})),  # JCB
    (r"30[0-59]|3[689]", frozenset({14, 16, 19})),  # Diners
    (r"5[06789]|6[0-9]", frozenset({13, 14, 15, 16, 17, 18, 19})),  # Maestro
)
_CARD_FIRST = "234568"
_BRANDS = [(re.compile(prefix), lengths) for prefix, lengths in _CARD_BRANDS]

_IBAN = MaskedPattern(
    re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}"), ("AA00", "aa00", "Aa00", "aA00")
)
_IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29,
    "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24,
    "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip

_NATIONAL: tuple[tuple[str, tuple[str, ...], Callable[[str], bool]], ...] = (
    # US social security number: areas 000, 666 and 900-999, group 00 and serial 0000 were never given.
    (r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}", ("000-00-0000",), lambda _: True),
    # UK national insurance number.
    (
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]",
        ("AA00", "AA 00"),
        lambda _: True,
    ),
    # France: sex, year, month (20 and up where unknown), department, town, order, key.
    (
        r"[1-478] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
        ("00000000", "000 00000", "000000 00", "000 000 00"),
        check_digits.nir,
    ),
    (r"(?:\d{8}-?|[XYZ]-?\d{7}-?)[A-HJ-NP-TV-Z]", ("0000000A", "0000000-A"), check_digits.dni),
    (r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPR-T][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]", ("AAAAAA",), check_digits.codice_fiscale),
    (
        r"[a-z]{6}\d{2}[a-ehlmpr-t]\d{2}[a-z]\d{3}[a-z]",
        ("aaaaaa00a00a000a",),
        lambda number: check_digits.codice_fiscale(number.upper()),
    ),
    (r"\d\d \d{3} \d{3} \d{3}", ("00 000 000 000",), check_digits.steuer_id),
    (r"\d{3}\.\d{3}\.\d{3}-\d\d", ("000.000.000-00",), check_digits.cpf),
    (r"[2-9]\d{3} \d{4} \d{4}(?! \d)", ("0000 0000 0000",), check_digits.verhoeff),
    (r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d\d", ("00.000.000/0000-00",), lambda _: True),  # CNPJ
    (r"\d{2}\.\d{3}\.\d{3}-?[A-HJ-NP-TV-Z]", ("00.000.000-A", "00.000.000A"), check_digits.dni),
    (r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", (".000.000-",), check_digits.rut),
    (r"(?:20|23|24|27|30|33)-\d{8}-\d", ("00-00000000-0",), lambda _: True),  # CUIT
    (r"756\.\d{4}\.\d{4}\.\d\d", ("000.0000.0000.00",), lambda _: True),  # AHV, AVS
    (r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", ("00.00.00-000.00",), lambda _: True),  # Belgium
    (r"\d{3}-\d{3}-\d{3} \d\d", ("000-000-000 00",), lambda _: True),  # SNILS
    # China: region, birth date, order, check digit.
    (r"[1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]", ("00000000000000000",), check_digits.resident_id),
    (r"\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])-[1-8]\d{6}", ("000000-0000000",), lambda _: True),  # South Korea
    (r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", ("AAAAA0000A",), lambda _: True),  # India's PAN
    (
        r"[A-Z][AEIOUX][A-Z]{2}\d\d(?:0[1-9]|1[0-2])[0-3]\d[HMX][A-Z]{5}[A-Z0-9]\d",
        ("AAAA000000AAAAAA",),
        lambda _: True,
    ),  # CURP
    (r"784-\d{4}-\d{7}-\d", ("000-0000-0000000-0",), lambda _: True),  # United Arab Emirates
)
_NATIONAL_IDS: tuple[tuple[MaskedPattern, Callable[[str], bool]], ...] = (
    *(
        (MaskedPattern(re.compile(rf"(?<![\w-]){number}(?![\w-])", re.ASCII), parts), check)
        for number, parts, check in _NATIONAL
    ),
    (MaskedPattern(re.compile(r"(?<![\w.,-])\d{11}(?![\w-]|[.,]\d)", re.ASCII), ("00000000000",)), check_digits.pesel),
)

_PLATE = re.compile(
    r"(?<![A-Z])[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·• "
    r"]?[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
    r"|(?<!\w)[АВЕКМНОРСТУХ] ?\d{3} ?[АВЕКМНОРСТУХ]{2} ?\d{2,3}(?!\w)"
    r"|[\u4e00-\u9fff]{2,4} ?\d{2,3} ?[\u3042-\u3093] ?\d{2}-\d{2}(?!\d)"
    r"|(?<![\d가-힣])\d{2,3}[가-힣] \d{4}(?!\d)"
)

# After a word that names the type of number: at most twenty characters that are not digits, and the number.
_AFTER_CUE = r"[^\d\n]{{0,20}}?(?<![\w.]){}(?![\w]|[.,]\d)"
_SSN_CUE = re.compile(r"(?:\bssn\b|social security)" + _AFTER_CUE.format(r"(\d{3}[ -]?\d{2}[ -]?\d{4})"), re.IGNORECASE)
_ID_CUES: tuple[tuple[tuple[str, ...], re.Pattern[str], Callable[[str], bool]], ...] = (
    (("steuer", "idnr", "tax id"), re.compile(_AFTER_CUE.format(r"(\d{11})")), check_digits.steuer_id),
    (("bsn", "burgerservice", "sofinummer"), re.compile(_AFTER_CUE.format(r"(\d{9})")), check_digits.bsn),
    (("cpf",), re.compile(_AFTER_CUE.format(r"(\d{11})")), check_digits.cpf),
    (("aadhaar", "aadhar", "uidai"), re.compile(_AFTER_CUE.format(r"(\d{4}[ -]?\d{4}[ -]?\d{4})")), check_digits.verhoeff),
)
_ACCOUNT = re.compile(
    r"\b(?:account|acct|a/c|routing|sort code|aba|konto(?:nummer|nr)?|cuenta|compte|conto|conta|rekening)\b"
    + _AFTER_CUE.format(r"(\d(?:[ -]?\d){5,19})"),
    re.IGNORECASE,
)
_ACCOUNT_CUES = ("acc", "a/c", "routing", "sort code", "aba", "konto", "cuenta", "compte", "cont", "rekening")


def lettered_numbers(text: str, mask: str | None) -> Iterator[Span]:
    """IBANs. Other numbers with letters are among `national_ids`."""
    if not _IBAN.may_match(text, mask):
        return
    for match in _IBAN.pattern.finditer(text):
        end = _iban_end(match[0])
        if end:
            yield Span(match.start(), match.start() + end, PiiType.IBAN)


def long_numbers(text: str, lowered: str, mask: str | None) -> Iterator[Span]:
    """Cards, accounts and phones."""
    if _CARD.may_match(text, mask):
        for match in _CARD.pattern.finditer(text):
            if match[1][0] in _CARD_FIRST and _is_card(_bare(match[1])):
                yield Span(*match.span(1), PiiType.CREDIT_CARD)
    if any(cue in lowered for cue in _ACCOUNT_CUES):
        for match in _ACCOUNT.finditer(text):
            yield Span(*match.span(1), PiiType.BANK_ACCOUNT)
    yield from phones(text, lowered, mask)


_VIN = MaskedPattern(
    re.compile(r"(?<![A-Za-z0-9_\-/])(?=[0-9]{0,16}[A-Z])[A-HJ-NPR-Z0-9]{9,13}[0-9]{4,8}(?![A-Za-z0-9_\-/])"), ("0000",)
)


def vehicles(text: str, mask: str | None) -> Iterator[Span]:
    """Vehicle identification numbers with the check digit of North America and China, and plates of forms of their own."""
    if _VIN.may_match(text, mask):
        for match in _VIN.pattern.finditer(text):
            if len(match[0]) == 17 and check_digits.vin(match[0]):
                yield Span(*match.span(), PiiType.VEHICLE)
    if mask is None:
        for match in _PLATE.finditer(text):
            yield Span(*match.span(), PiiType.VEHICLE)


def national_ids(text: str, lowered: str, mask: str | None) -> Iterator[Span]:
    for number, check in _NATIONAL_IDS:
        if not number.may_match(text, mask):
            continue
        for match in number.pattern.finditer(text):
            if check(_bare(match[0])):
                yield Span(*match.span(), PiiType.NATIONAL_ID)
    if "ssn" in lowered or "social security" in lowered:
        for match in _SSN_CUE.finditer(text):
            yield Span(*match.span(1), PiiType.NATIONAL_ID)
    for cues, pattern, check in _ID_CUES:
        for cue in cues:
            at = lowered.find(cue)
            while at >= 0:
                number_after = pattern.match(text, at + len(cue))
                if number_after and check(_bare(number_after[1])):
                    yield Span(*number_after.span(1), PiiType.NATIONAL_ID)
                at = lowered.find(cue, at + len(cue))


def _bare(number: str) -> str:
    """Letters and digits only."""
    return "".join(filter(str.isalnum, number))


def _is_card(digits: str) -> bool:
    branded = any(len(digits) in lengths and brand.match(digits) for brand, lengths in _BRANDS)
    return branded and len(set(digits)) > 1 and check_digits.luhn(digits)


def _iban_end(candidate: str) -> int:
    """End of the IBAN at the start of `candidate`, by the length that its country uses. 0 where there is no valid IBAN."""
    length = _IBAN_LENGTH.get(candidate[:2].upper())
    if length is None:
        return 0
    bare, end = "", 0
    for end, character in enumerate(candidate, 1):  # noqa: B007 — read after the loop
        bare += character if character.isalnum() else ""
        if len(bare) == length:
            break
    whole = len(bare) == length and not candidate[end : end + 1].isalnum()
    return end if whole and check_digits.mod97(bare.upper()) else 0

"""Phone numbers: by the shapes that countries write them in, and after a word that announces one.

Shapes follow the national formats of libphonenumber's metadata. A shape is here only where prices, dates, ids and ranges do not
look like it; three groups of three digits, for example, count only after a word for phone.
"""

import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.char_mask import MaskedPattern
from semtel_ops.conversations.scrub.cues import Cue, CueIndex
from semtel_ops.conversations.scrub.model import PiiType, Span

_BEFORE = r"(?<![\w.,+\-/#$€£])(?<!\d[ ,(])"
_AFTER = r"(?![\w\-]|[./,:]\d|[ ,]{1,2}\d)"


def _shape(pattern: str, *parts: str, letter: str = "") -> MaskedPattern:
    return MaskedPattern(re.compile(_BEFORE + pattern + _AFTER, re.ASCII), parts, letter)


_SHAPES = (
    # +44 20 7946 0958, 0044 20 7946 0958
    MaskedPattern(re.compile(r"(?<![\w+])\+[1-9](?:[ .\-/()]{0,2}\d){8,14}(?!\d)", re.ASCII), ("+0",)),
    _shape(r"00[1-9]\d{0,2}[ .\-/](?:[ .\-/()]{0,2}\d){7,12}", "000 ", "000-", "000/", "000."),
    # North America: 555-123-4567, (555) 123-4567, 1.555.123.4567
    MaskedPattern(
        re.compile(
            r"(?<![\w.+\-/])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d(?=[ .-]\d{3}[.-]|[.-])[ .-])\d{3}[ "
            r".-]\d{4}(?![\w-]|[./]\d)",
            re.ASCII,
        ),
        ("000 0000", "000.0000", "000-0000"),
    ),
    # France: 06.12.34.56.78, 06 12 34 56 78
    _shape(r"0[1-9](?:\.\d\d){4}", "00.00.00.00.00", letter="0"),
    _shape(r"0[1-9](?: \d\d){4}", "00 00 00 00 00", letter="0"),
    # Elsewhere with a trunk zero: 020 7946 0958, 0171/1234567, (030) 123456
    MaskedPattern(
        re.compile(r"(?<![\w.,+\-/])\(?0[1-9]\d{1,4}\)?(?:[ /-]{1,3}\d{2,8}){1,5}(?![\w-]|[.,/:]\d)", re.ASCII),
        ("000 ", "000/", "000-", "000)"),
        letter="0",
    ),
    # 02 1234 5678, (02) 1234 5678, 03-1234-5678, 06-12345678
    _shape(r"\(?0[1-9]\)?[ -](?:\d{3,4}[ -]\d{4}|\d{7,8})", "00 000", "00-000", "00) 000", letter="0"),
    # South Korea: 010.1234.5678
    _shape(r"01\d\.\d{3,4}\.\d{4}", "000.0000.0000", "000.000.0000", letter="0"),
    # Without separators: 0612345678, 07400123456, 01001234567
    _shape(r"0[1-9]\d{8,9}", "0000000000", letter="0"),
    # China: 13812345678, 138 1234 5678
    _shape(r"1[3-9]\d(\d{8}|[ -]\d{4}[ -]\d{4})", "00000000000", "000 0000 0000", "000-0000-0000", letter="1"),
    # Russia: 8 (912) 345-67-89, 89123456789
    _shape(
        r"[78][ -]?\(?[3489]\d\d\)?[ -]?\d{3}[ -]\d\d[ -]\d\d", "000 00 00", "000-00-00"
    ),
    _shape(r"[78]9\d{9}", "00000000000"),
    # Brazil: (11) 96123-4567, 11 96123-4567, (11) 2345-6789
    _shape(r"(?:\([1-9]\d\) ?|[1-9]\d )9\d{4}[ -]\d{4}|\([1-9]\d\) ?[2-5]\d{3}-\d{4}", "00000-0000", "00000 0000",
        "0000-0000"),
    # India: 98123 45678
    _shape(r"0?[6-9]\d{4} \d{5}", "00000 00000"),
    # Italy 312 345 6789, Turkey 532 123 45 67, Spain 612 34 56 78 and 91 234 56 78, Poland (22) 345 67 89 and 512-345-678
    _shape(r"[2-9]\d\d \d{3} (?!0000)\d{4}", "000 000 0000"),
    _shape(r"[2-9]\d\d \d{3} \d\d \d\d", "000 000 00 00"),
    _shape(r"[6-9]\d\d(?: \d\d){3}", "000 00 00 00"),
    _shape(r"(?:\([1-9]\d\) ?|[1-9]\d )\d{3}[ -]\d\d[ -]\d\d", "00 000 00 00", "00) 000 00 00", "00)000 00 00",
        "000-00-00"),
    _shape(r"[5-9]\d\d-\d{3}-\d{3}", "000-000-000"),
)  # fmt: skip
PHONE_CUES = (
    "tel", "telefon*", "teléfono", "téléphone", "phone", "phone number", "mobile", "cell", "call", "calling", "text",
    "texting", "whatsapp", "fax", "sms", "tlf", "telp*", "puhelin*", "telefoon*", "numer", "hubungi", "gọi",
    "điện thoại", "telemóvel", "τηλέφωνο", "τηλ", "κινητό", "my number", "dial", "ring me", "mi número", "móvil",
    "llám*", "llama*", "wasap", "mon numéro", "tél", "portable", "appelle*", "rappel*", "meine nummer", "handy", "ruf",
    "il mio numero", "cellulare", "chiama*", "meu número", "celular", "me liga", "ligue", "zap", "номер*", "тел",
    "телефон*", "звони*", "позвони*", "手机", "手機", "电话", "電話", "打给", "携帯", "전화", "휴대폰", "연락처",
    "联系方式", "rückruf*", "핸드폰", "번호", "फ़ोन", "फोन", "मोबाइल", "मोबाईल", "कॉल", "नंबर", "numara*", "cep",
    "beni ara", "gsm", "zadzwoń", "komórk*", "mój numer", "هاتف", "جوال", "رقمي", "اتصل", "موبايل",
)  # fmt: skip
"""Words before a number that make it a phone number; after those with a star, the word may go on."""
# Cyrillic cues may stand inside a word, as in "телефон".
_CUES = CueIndex(
    (Cue(cue.rstrip("*"), cue < "\u0370", cue < "\u0500" and cue[-1] != "*"), cue.rstrip("*")) for cue in PHONE_CUES
)
# `"text": "60060221"` and `call(1234567)` call nobody.
_VERBS = frozenset({"text", "call", "dial"})
_CODE = re.compile(r"[\"'_(=:]")
_AFTER_CUE = re.compile(
    r"[^\d\n$€£#%&;{}]{0,24}?(?<![\w.,$€£#-])(?P<value>\(?\d(?:[ \-./()]{0,2}\d){6,14})(?![A-Za-z0-9_%]|[.,:]\d)"
)
_DATE = re.compile(r"\(?(?:\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d|(?:19|20)\d\d[-/. ]?(?:0\d|1[0-2])[-/. ]?[0-3]\d)")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.]\d{3})+$|\d{1,2}(?: \d{3})+$")
# Beside a word for phone, these announce another kind of number.
_OTHER_NUMBER_REACH = 20
_OTHER_NUMBER = re.compile(r"order|isbn|part n|model n|batch|invoice|version|tracking|serial|заказ|订单|注文|주문")


def phones(text: str, lowered: str, mask: str | None) -> Iterator[Span]:
    """Phone numbers in a folded line; `lowered` is the line in lower case, `mask` its `char_mask`."""
    for shape in _SHAPES:
        if not shape.may_match(text, mask):
            continue
        for match in shape.pattern.finditer(text):
            digits = sum(map(str.isdigit, match[0]))
            before = lowered[max(0, match.start() - _OTHER_NUMBER_REACH) : match.start()]
            if 9 <= digits <= 15 and not _DATE.match(match[0]) and not _OTHER_NUMBER.search(before):
                yield Span(*match.span(), PiiType.PHONE)
    for _, end, cue in _CUES.found(lowered):
        match_after = None if cue in _VERBS and _CODE.match(text, end) else _AFTER_CUE.match(text, end)
        if (
            match_after
            and _is_phone(match_after["value"])
            and not _OTHER_NUMBER.search(lowered[end : match_after.start("value")])
        ):
            yield Span(*match_after.span("value"), PiiType.PHONE)


def _is_phone(value: str) -> bool:
    return not _DATE.match(value) and not _THOUSANDS.match(value)

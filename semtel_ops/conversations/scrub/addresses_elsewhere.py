"""Street addresses in Turkish, Polish, Russian, Chinese, Japanese, Korean, Hindi and Arabic, and of boxes in post offices."""

import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.model import PiiType, Span

_HOUSE = r"\d{1,4}(?:[a-zа-яA-ZА-Я](?![a-zа-яA-ZА-Я]))?(?:[/-]\d{1,4}[a-z]?)?"
_CITY = r"(?:,? \d{2}-?\d{3} [A-ZÀ-Žİ][\wąćęłńóśźżçğıöşü]{1,24}(?:[ -][A-ZÀ-Žİ][\w]{1,24})?)?"

_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    # Turkey: Bağdat Cad. No:45, 34710 Kadıköy
    (
        ("cad", "sok", "mahalle", "mah.", "bulvar"),
        re.compile(
            rf"(?:[A-ZÇĞİÖŞÜ][\w.]{{1,24}} ){{1,3}}(?:[Cc]addesi|[Cc]ad\.|[Ss]okak|[Ss]okağı|[Ss]ok\.|"
            rf"[Mm]ahallesi|[Mm]ah\.|[Bb]ulvarı)"
            rf"(?:,? (?:[A-ZÇĞİÖŞÜ][\w.]{{1,24}} ){{1,3}}(?:[Ss]ok\.|[Ss]okak|[Cc]ad\.|[Cc]addesi))?,? "
            rf"?(?:[Nn]o\.? ?:? ?)?{_HOUSE}"
            rf"(?:,? (?:[Dd]aire|[Dd]|[Kk]at)\.? ?:? ?\d{{1,3}})?{_CITY}"
        ),
    ),
    # Poland: ul. Kwiatowa 12/3, 00-950 Warszawa
    (
        ("ul.", "ulic", "al.", "os.", "alej", "osiedle", "pl."),
        re.compile(
            rf"(?<!\w)(?<!et )(?:[Uu]l\.|[Uu]lic[aąy]|[Aa]l\.|[Aa]lej[aei]|[Oo]s\.|[Oo]siedle|[Pp]l\.) ?(?:\d{{1,2}} )?"
            rf"[A-ZĄĆĘŁŃÓŚŹŻ][\w.\-]{{1,24}}(?: [A-ZĄĆĘŁŃÓŚŹŻ][\w.\-]{{1,24}}){{0,3}} {_HOUSE}(?![\w]|[.,]\d){_CITY}"
        ),
    ),
    # Russia: ул. Ленина, д. 12, кв. 45; Невский проспект, 28
    (
        ("ул", "пр", "пер", "шоссе", "наб", "бульвар", "площад", "пл."),
        re.compile(
            r"(?<!\w)(?:(?:[Уу]л\.|[Уу]лиц[аеуы]|[Пп]р\.|[Пп]р-т|[Пп]роспект[е]?|[Пп]ер\.|[Пп]ереулок|[Шш]оссе|"
            r"[Нн]аб\.|[Бб]ульвар|[Пп]л\.) ?"
            r"[А-ЯЁ0-9][\w.\-]{1,24}(?: [А-ЯЁ][\w.\-]{1,24}){0,2}|[А-ЯЁ][\w\-]{2,24}(?:ский|ской|ая|ое|ый) "
            r"(?:проспект|улица|переулок|бульвар|шоссе))"
            rf",? ?(?:(?:д\.|дом) ?)?{_HOUSE}(?:,? ?(?:к|корп|стр)\.? ?\d{{1,3}})?(?:,? ?(?:кв\.|квартира|оф\.) "
            rf"?\d{{1,4}})?"
        ),
    ),
    # China: 北京市朝阳区建国路88号3栋501室
    (
        ("号", "號"),
        re.compile(
            r"(?:[\u4e00-\u9fff]{2,8}?(?:省|市|自治区|区|區|县|縣|镇|鎮)){1,4}[\u4e00-\u9fff]{1,10}(?:路|街|"
            r"大道|巷|弄|道|胡同)[\u4e00-\u9fff]{0,4}\d{1,5}[号號]"
            r"(?:院|楼)?(?:[\dA-Za-z]{1,4}(?:栋|棟|楼|樓|单元|座|幢|层|室|号)){0,4}"
        ),
    ),
    # Japan: 〒160-0023 東京都新宿区西新宿1丁目2番3号
    (
        ("都", "府", "県", "道", "市", "〒"),
        re.compile(
            r"〒 ?\d{3}-?\d{4}(?: "
            r"?[\u3040-\u30ff\u4e00-\u9fff]{2,3}[都道府県][\u3040-\u30ff\u4e00-\u9fff]{2,24}\d{1,4}[\d\-丁目番"
            r"地号の]{0,12})?"
            r"|(?:東京都|北海道|(?:大阪|京都)府|"
            r"[\u4e00-\u9fff]{2,3}県)[\u3040-\u30ff\u4e00-\u9fff]{1,24}[市区町村][\u3040-\u30ff\u4e00-\u9fff]{0,20}\d{1,4}"
            r"(?:-\d{1,4}|[\d\-丁目番地号の]){1,12}"
        ),
    ),
    # Korea: 서울특별시 강남구 테헤란로 123, 101동 1203호
    (
        ("로 ", "길 "),
        re.compile(
            r"(?:[가-힣]{2,8}(?:특별시|광역시|특별자치시|시|도) )?(?:[가-힣]{1,6}[시군구] "
            r"){1,3}[가-힣0-9]{1,12}[로길] ?\d{1,4}(?:-\d{1,4})?(?:번길 ?\d{1,4})?"
            r"(?:,? ?\d{1,4}동)?(?:,? ?\d{1,4}호)?"
        ),
    ),
    # India: मकान नंबर 12, गांधी मार्ग, नई दिल्ली 110001
    (
        ("मकान", "फ्लैट", "प्लॉट", "मार्ग", "रोड", "गली"),
        re.compile(
            r"(?:मकान|फ्लैट|प्लॉट|घर)(?: (?:नंबर|नं\.|संख्या))? ?[\dA-Za-z/\-]{1,8}, ?[\u0900-\u097f "
            r"]{2,40}(?:, ?[\u0900-\u097f ]{2,30}){0,3}(?: ?-? ?[1-9]\d{5})?"
        ),
    ),
    # Arabic: شارع الملك فهد 12
    (
        ("شارع", "طريق"),
        re.compile(
            r"(?<![\u0621-\u064a])(?:\d{1,4} )?شارع [\u0621-\u064a]{2,16}(?: [\u0621-\u064a]{2,16}){0,2} "
            r"\d{1,4}(?:، ?[\u0621-\u064a]{3,16})?"
            r"|\d{1,4} شارع [\u0621-\u064a]{2,16}(?: [\u0621-\u064a]{2,16})?"
        ),
    ),
)
# Words of Turkey and Poland; no street of the others is written in ASCII.
_ASCII_RULES = _RULES[:2]
STREET_SIEVES = (
    r"(?:[Cc]addesi|[Cc]ad\.|[Ss]okak|[Ss]okağı|[Ss]ok\.|[Mm]ahallesi|[Mm]ah\.|[Bb]ulvarı)[^\n]*\p{Nd}",
    (
        r"(?:[Uu]l\.|[Uu]lic[aąy]|[Aa]l\.|[Aa]lej[aei]|[Oo]s\.|[Oo]siedle|[Pp]l\.) ?(?:\p{Nd}{1,2} "
        r")?[A-ZĄĆĘŁŃÓŚŹŻ][^\n]*\p{Nd}"
    ),
    (
        r"(?:[Уу]л\.|[Уу]лиц|[Пп]р\.|[Пп]р-т|[Пп]роспект|[Пп]ер\.|[Пп]ереулок|[Шш]оссе|[Нн]аб\.|[Бб]ульвар|[Пп]л\.|"
        r"улица)[^\n]*\p{Nd}"
    ),
    r"\p{Nd}[号號]|〒|[区區市町村][^\n]*\p{Nd}|[로길] ?\p{Nd}|(?:मकान|फ्लैट|प्लॉट|घर)[^\n]*,|شارع",
)
"""Expressions of RE2 for all these addresses."""


def addresses_elsewhere(text: str, lowered: str) -> Iterator[Span]:
    """Addresses in a folded line that is not ASCII, or in Polish or Turkish; `lowered` is the line in lower case."""
    for words, pattern in _ASCII_RULES if text.isascii() else _RULES:
        if any(map(lowered.__contains__, words)):
            for match in pattern.finditer(text):
                yield Span(*match.span(), PiiType.ADDRESS)

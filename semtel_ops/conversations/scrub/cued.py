"""What only a word before it gives away: papers, plates, dates of birth, handles, accounts, ids without a form of their own.

A rule is a type, the words, and the form of the value, which is matched right after a word: searching for fixed words takes a
tenth of the time of one expression of them all. To add a country, add its words.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from semtel_ops.conversations.scrub import check_digits
from semtel_ops.conversations.scrub.cues import CueIndex, cue
from semtel_ops.conversations.scrub.model import PiiType, Span


class _Rule(NamedTuple):
    """A value after a cue.

    Attributes:
        cues: in lower case. A Latin, Greek or Cyrillic cue is a word of its own; after those with a star, the word may go on.
        value: matched where the cue ends; the group `value` is what is replaced.
        check: whether the value, letters and digits only, is right.
        with_cue: whether the cue is replaced with the value.
        after: whether the text before the cue, some characters of it, allows the value.
    """

    type: PiiType
    cues: tuple[str, ...]
    value: re.Pattern[str]
    check: Callable[[str], bool] = bool
    with_cue: bool = False
    after: Callable[[str], bool] = lambda before: True  # noqa: ARG005


# Up to 24 characters that are no digits, as in "passport no. is: ", and not past a placeholder.
_GAP = r"[^\d\n\]]{0,24}?(?<![A-Za-z0-9.,])"
_END = r"(?![A-Za-z0-9]|[.,]\d)"


def _number(form: str) -> re.Pattern[str]:
    return re.compile(rf"{_GAP}(?P<value>{form}){_END}")


_PAPER = re.compile(
    r"[^\d\n\]]{0,28}?(?<![A-Za-z0-9.,$€£])"
    r"(?P<value>(?=(?:[A-Z /\-№]{0,7}\d){4})[A-Z0-9]{1,20}(?:(?: ?[/\-№] ?| )(?=[A-Z]{0,2}\d)[A-Z0-9]{1,20}){0,4})"
    r"(?![A-Za-z0-9]|[.,:]\d| ?(?:hours|hrs|am|pm|people|dollars|euros|times|years|uhr|horas|heures)\b)"
)
_PLATE = re.compile(
    r"[^\d\n]{0,16}?(?<![A-Za-z0-9.,$€£])"
    r"(?P<value>(?=[A-ZА-Я -]{0,7}\d)(?:[A-ZА-Я]{1,3}[ -]?){0,2}\d{1,5}(?:[ -]?[A-Z가-힣]{1,3}[ "
    r"-]?\d{0,5})?(?:[ -]\d{1,4})?)"
    r"(?![A-Za-z0-9]|[.,:]\d)"
)
_VIN = re.compile(r"[^\n]{0,20}?(?<![A-Za-z0-9])(?P<value>[A-HJ-NPR-Za-hj-npr-z0-9]{17})(?![A-Za-z0-9])")
_MONTH = r"[^\W\d_]\w{2,10}\.?"
# Devanagari vowel signs are no letters to `re`.
_MONTH_WORD = rf"(?:{_MONTH}|[\u0900-\u097f]{{2,10}})"
_DATE = (
    r"(?:\d{1,2}[-/. ]{1,2}\d{1,2}[-/. ]{1,2}(?:19|20)?\d\d|(?:19|20)\d\d[-/. ]{1,2}\d{1,2}[-/. ]{1,2}\d{1,2}"
    r"|(?:(?:19|20)\d\d|(?:昭和|平成|令和)\d{1,2}) ?[年년] ?\d{1,2} ?[月월] ?\d{1,2} ?[日일]"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.|º)? (?:of |de |d['’])?{_MONTH_WORD},? (?:de |del )?(?:19|20)\d\d"
    rf"|{_MONTH_WORD} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d)"
)
_BIRTH = re.compile(rf"[^\d\n]{{0,24}}?(?<![A-Za-z0-9])(?P<value>{_DATE})(?!\d|[-/.]\d)")
_AT_HANDLE = re.compile(r"[^@\n]{0,28}?(?<![A-Za-z0-9_@/.])(?P<value>@[A-Za-z0-9_](?:\.?[A-Za-z0-9_]){2,29})(?![\w@(/])")
_PLAIN_HANDLE = re.compile(
    r"(?: ?(?:name|id|号|아이디|on \w{2,12}|en \w{2,12}))?(?:\s?[:=是は]\s?|\s(?:is|es|ist|est|è|é|jest|to)\s|"
    r"\s|(?<=[号號]))"
    r"[\"'`]?(?P<value>@?[A-Za-z0-9][A-Za-z0-9_.\-]{3,29}(?:#\d{4})?)(?![\w@(/])"
)

# `frostbyte#4821`, as Discord wrote them.
_NUMBERED_HANDLE = re.compile(r"[^#\n]{0,24}?(?<![\w@/#.])(?P<value>[A-Za-z0-9][\w.]{1,31}#\d{4})(?!\w)")
# After the name of a service, a word is a handle only with a digit or a sign in it: `my instagram is broken`.
_SERVICE_HANDLE = re.compile(
    r"(?: ?(?:name|id|user|username|handle|tag))?(?:\s?[:=]\s?|\s(?:is|es|ist|est|è|é|jest|to)\s|\s)[\"'`]?"
    r"(?P<value>@?(?=[A-Za-z\-]{0,29}(?:[\d_]|\.[A-Za-z]))[A-Za-z0-9][A-Za-z0-9_.\-]{3,29})(?![\w@(/])"
)

# A capitalized word that is no pronoun: "Turing was born on …" is history.
_PRONOUNS = "She|He|They|We|You|My|Her|His|Who|Ella|Elle|Lui|Lei|Sie|Er|Ich|Она|Он|And|But|Client|Patient"
_SUBJECT = re.compile(rf"(?:^|[^\w'’])(?!(?:{_PRONOUNS})\b)[A-ZÀ-ÝА-Я][^\W\d_]{{1,20}}[.,)]?\s(?:was\s)?$")


def _no_famous_subject(before: str) -> bool:
    return _SUBJECT.search(before) is None


_RULES: tuple[_Rule, ...] = (
    _Rule(
        PiiType.PASSPORT,
        (
            "passnummer", "passport*", "pasaporte", "passeport", "reisepass", "passaporto", "passaporte", "паспорт*",
            "загранпаспорт", "护照", "護照", "パスポート", "旅券", "여권", "पासपोर्ट", "pasaport*", "paszport*", "جواز",
            "driver's license", "driver’s license", "drivers license", "driving license", "driver license",
            "driving licence", "driver's licence", "permiso de conducir", "carnet de conducir", "licencia de conducir",
            "permis de conduire", "führerschein", "patente", "cnh", "carta de condução", "водительск*", "驾驶证", "駕照",
            "免許証", "운전면허", "ड्राइविंग लाइसेंस", "ehliyet*", "prawo jazdy", "رخصة القيادة", "personalausweis",
            "carta d'identità", "carta d’identità", "dowód osobisty", "identity card", "id card number",
            "carte d'identité", "carte d’identité", "dni no", "ausweisnummer",
        ),
        _PAPER,
    ),
    _Rule(
        PiiType.VEHICLE,
        (
            "license plate", "licence plate", "number plate", "plate no", "my plate", "plate is", "plate number", "reg ",
            "registration plate", "matrícula", "immatriculation", "plaque", "kennzeichen", "targa", "placa", "госномер*",
            "гос. номер", "车牌", "車牌", "차량번호", "차 번호", "गाड़ी नंबर", "वाहन", "plaka*", "rejestracj*", "nr rej",
            "kenteken", "لوحة",
        ),
        _PLATE,
        lambda value: 4 <= len(value) <= 10 and sum(map(str.isdigit, value)) >= 2 and not value.isdigit(),
    ),
    _Rule(
        PiiType.VEHICLE,
        (
            "vin", "chassis", "bastidor", "châssis", "fahrgestell*", "telaio", "chassi", "车架", "車台", "차대", "चेसिस",
            "şasi*", "الهيكل", "шасси",
        ),
        _VIN,
        lambda value: any(map(str.isdigit, value)) and not value.isdigit(),
    ),
    _Rule(
        PiiType.DATE_OF_BIRTH,
        (
            "date of birth", "birth date", "birthdate", "birthday", "dob", "was born", "born on", "nació", "nacida",
            "nacido", "geb.", "d.o.b", "né ", "née", "we were born", "nací", "fecha de nacimiento", "cumpleaños",
            "date de naissance", "je suis né", "née le", "né le", "geburtsdatum", "geboren am", "geburtstag",
            "sono nat*", "nato il", "nata il", "data di nascita", "compleanno", "nasci ", "data de nascimento",
            "nascido em", "nascida em", "aniversário", "дата рождения", "день рождения", "родился", "родилась",
            "出生日期", "出生于", "生于", "生日", "生年月日", "誕生日", "생년월일", "생일", "जन्म", "doğum tarihi*",
            "doğum gün*", "doğdum", "data urodzenia", "urodziłam się", "urodziłem się", "ur. ", "تاريخ الميلاد", "ولدت",
            "عيد ميلادي", "geboortedatum", "geboren op",
        ),
        _BIRTH,
        after=_no_famous_subject,
    ),
    _Rule(PiiType.DATE_OF_BIRTH, ("ich bin am ", "ich wurde am "), re.compile(rf"(?P<value>{_DATE})(?= "
                                                                              rf"\S{{0,20}} ?(?:in \S{{1,20}} "
                                                                              rf")?geboren| geboren)")),
    _Rule(
        PiiType.HANDLE,
        (
            "ig", "snap", "dm", "twitter*", "instagram*", "insta", "tiktok", "telegram*", "snapchat", "mastodon",
            "bluesky", "threads", "handle", "follow me", "username", "discord", "sígueme", "usuario", "pseudo",
            "suis-moi", "folge mir", "seguimi", "me segue", "телеграм*", "телеге", "инстаграм*", "твиттер*", "ник ",
            "推特", "微博", "ツイッター", "インスタ", "인스타", "트위터", "텔레그램", "इंस्टाग्राम", "ट्विटर",
            "takip et", "obserwuj", "انستغرام", "انستقرام", "تويتر", "تيليجرام", "facebook", "twitch",
        ),
        _AT_HANDLE,
    ),
    _Rule(
        PiiType.HANDLE,
        (
            "my username", "username is", "my user name", "discord:", "snapchat:", "skype:", "wechat id", "my gamertag",
            "微信号", "微信號", "微信", "qq号", "line id", "카톡 아이디", "카톡", "mi usuario", "mon pseudo",
            "mein benutzername",
        ),
        _PLAIN_HANDLE,
        lambda value: any(map(str.isdigit, value)) or len(value) >= 8,
    ),
    _Rule(
        PiiType.HANDLE,
        (
            "my discord", "my snapchat", "my snap", "my skype", "my insta", "my instagram", "my ig", "my twitter",
            "my tiktok", "my telegram", "my twitch", "my steam", "my reddit", "my psn", "my xbox", "my signal",
            "mi instagram", "mi telegram", "mi usuario de instagram", "mein instagram", "mon insta", "mon instagram",
            "il mio instagram", "meu insta", "meu instagram", "mój instagram", "мой инстаграм", "мой телеграм",
        ),
        _SERVICE_HANDLE,
    ),
    _Rule(PiiType.HANDLE, ("discord",), _NUMBERED_HANDLE),
    _Rule(
        PiiType.BANK_ACCOUNT,
        (
            "账号", "帳號", "账户", "卡号", "口座", "계좌", "счёт", "счет", "счёта", "счета", "р/с", "hesap*", "konta",
            "konto", "खाता", "الحساب", "agência", "agencia", "conta", "cuenta", "account number", "conto",
        ),
        _number(r"\d(?:[ -]?\d){5,27}"),
        lambda value: not (len(value) == 8 and value[:2] in ("19", "20")),
    ),
    _Rule(PiiType.BANK_ACCOUNT, ("agência", "agencia"), _number(r"\d{4}(?:-\d)?")),
    _Rule(PiiType.BANK_ACCOUNT, ("conta",), _number(r"\d{4,9}-\d")),
    _Rule(
        PiiType.NATIONAL_ID,
        ("ni number", "national insurance", "nino"),
        _number(r"[A-Za-z]{2} ?\d\d ?\d\d ?\d\d ?[A-Da-d]"),
    ),
    _Rule(PiiType.NATIONAL_ID, ("social",), _number(r"(?!000|666|9)\d{3}[ -]?\d\d[ -]?\d{4}")),
    _Rule(PiiType.NATIONAL_ID, ("cédula", "cedula"), _number(r"\d{1,3}(?:\.?\d{3}){2,3}")),
    _Rule(PiiType.NATIONAL_ID, ("medicare",), _number(r"\d{4} ?\d{5} ?\d")),
    _Rule(PiiType.NATIONAL_ID, ("nhs",), _number(r"\d{3}[ -]?\d{3}[ -]?\d{4}")),
    _Rule(PiiType.NATIONAL_ID, ("sin ", "social insurance"), _number(r"\d{3}[ -]?\d{3}[ -]?\d{3}"), check_digits.luhn),
    _Rule(PiiType.NATIONAL_ID, ("tfn", "tax file number"), _number(r"\d{3} ?\d{3} ?\d{3}")),
    _Rule(PiiType.NATIONAL_ID, ("rg ", "rg:"), _number(r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dXx]")),
    _Rule(PiiType.NATIONAL_ID, ("nif", "contribuinte"), _number(r"\d{9}|[A-Z]\d{7}[A-Z]|\d{8}[A-Z]")),
    _Rule(PiiType.NATIONAL_ID, ("partita iva", "p. iva", "p.iva"), _number(r"\d{11}")),
    _Rule(PiiType.NATIONAL_ID, ("sozialversicherung*", "rentenversicherung*", "svnr"), _number(
        r"\d\d ?\d{6} ?[A-Z] ?\d{3}")),
    _Rule(PiiType.NATIONAL_ID, ("инн",), _number(r"\d{12}|\d{10}")),
    _Rule(PiiType.NATIONAL_ID, ("снилс",), _number(r"\d{3}[ -]?\d{3}[ -]?\d{3}[ -]?\d\d")),
    _Rule(PiiType.NATIONAL_ID, ("身份证", "身份證", "公民身份"), _number(r"\d{17}[\dXx]")),
    _Rule(PiiType.NATIONAL_ID, ("身分證", "身分证"), _number(r"[A-Z][1289]\d{8}")),
    _Rule(PiiType.NATIONAL_ID, ("マイナンバー", "個人番号"), _number(r"\d{4}[ -]?\d{4}[ -]?\d{4}")),
    _Rule(PiiType.NATIONAL_ID, ("주민등록", "주민번호"), _number(r"\d{6}[ -]?[1-8]\d{6}")),
    _Rule(PiiType.NATIONAL_ID, ("आधार",), _number(r"\d{4}[ -]?\d{4}[ -]?\d{4}")),
    _Rule(PiiType.NATIONAL_ID, ("t.c.", "tc kimlik", "tckn", "kimlik*"), _number(r"[1-9]\d{10}")),
    _Rule(PiiType.NATIONAL_ID, ("nip",), _number(r"\d{3}-?\d{3}-?\d\d-?\d\d")),
    _Rule(PiiType.NATIONAL_ID, ("الهوية", "الإقامة"), _number(r"[12]\d{9}|784-?\d{4}-?\d{7}-?\d")),
    _Rule(PiiType.NATIONAL_ID, ("القومي",), _number(r"[23]\d{13}")),
    _Rule(PiiType.NATIONAL_ID, ("nir", "sécu", "sécurité sociale"), _number(r"[1-478]\d{4}[\dA-B]{2}\d{8}"), check_digits.nir),
    _Rule(PiiType.ADDRESS, ("cep", "código postal"), _number(r"\d{5}-?\d{3}|\d{5}")),
    _Rule(PiiType.ADDRESS, ("पिन कोड", "pin code", "pincode"), _number(r"[1-9]\d{2} ?\d{3}")),
    _Rule(PiiType.ADDRESS, ("postfach", "apartado", "boîte postale", "caixa postal", "casella postale", "ص.ب", "а/я"), _number(
        r"\d{1,3}(?:[ .]?\d{1,3}){0,3}"), with_cue=True),
    _Rule(PiiType.ADDRESS, ("bp ",), re.compile(r"(?P<value>\d{1,6}, \d{5} [A-ZÀ-Ý][\w'’\-]{1,24})"), with_cue=True),
)  # fmt: skip


_BEFORE_CHARS = 24
_DIGIT_OR_AT = re.compile(r"[\d@]")
_ALONE_FORMS = (_PLAIN_HANDLE, _SERVICE_HANDLE)
_ENTRIES = [(cue(text), rule) for rule in _RULES for text in rule.cues]
_BEFORE_DIGITS = {one for one, rule in _ENTRIES if rule.value not in _ALONE_FORMS}
WORDS_BEFORE_DIGITS = tuple(sorted(one.text for one in _BEFORE_DIGITS if one.starts and one.ends))
"""Words by themselves whose values have a digit or an @."""
STEMS_BEFORE_DIGITS = tuple(sorted(one.text for one in _BEFORE_DIGITS if not (one.starts and one.ends)))
"""The other cues whose values have a digit or an @."""
CUES_ALONE = tuple(sorted({one.text for one, rule in _ENTRIES if rule.value in _ALONE_FORMS}))
"""The other cues."""
_EVERY_CUE = CueIndex(_ENTRIES)
_ALONE = CueIndex((one, rule) for one, rule in _ENTRIES if rule.value in _ALONE_FORMS)


def cued(text: str, lowered: str) -> Iterator[Span]:
    """Values after cues in a folded text; `lowered` is the text in lower case."""
    cues = _EVERY_CUE if _DIGIT_OR_AT.search(text) else _ALONE
    for start, end, rule in cues.found(lowered):
        if text[start - 1 : start] == "[" and text[end : end + 1] == "]":
            continue  # a placeholder, which announces nothing
        match = rule.value.match(text, end) if rule.after(text[max(0, start - _BEFORE_CHARS) : start]) else None
        if match and rule.check("".join(filter(str.isalnum, match["value"]))):
            yield Span(start if rule.with_cue else match.start("value"), match.end("value"), rule.type)

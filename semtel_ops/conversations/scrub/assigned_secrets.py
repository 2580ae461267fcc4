"""Secrets that only the words before them give away: passwords, keys, one-time codes and seed phrases.

The words are those of people in their languages, and those of code, configuration and logs.
A cue is found by a search for fixed strings. What follows it is matched at that place, with bounded repetitions only.
"""

import re
from collections.abc import Iterator, Sequence

from semtel_ops.conversations.scrub.cues import Cue, CueIndex
from semtel_ops.conversations.scrub.key_shapes import KEY_CHARACTER, is_code, is_placeholder, looks_random
from semtel_ops.conversations.scrub.model import PiiType, Span

PASSWORDS = (
    "password", "passwort", "passwd", "pwd", "passphrase", "passcode", "psk", "wpa key", "wifi key", "wi-fi key",
    "network key", "wlan-schlüssel", "kennwort", "mot de passe", "mdp", "contraseña", "contrasena", "clave", "senha",
    "palavra-passe", "parola d'ordine", "parola", "wachtwoord", "hasło", "haslo", "пароль", "şifre", "sifre", "lösenord",
    "passord", "adgangskode", "salasana", "heslo", "jelszó", "kata sandi", "sandi", "mật khẩu", "密码", "密碼", "口令",
    "パスワード", "비밀번호", "암호", "كلمة المرور", "كلمة السر", "पासवर्ड",
)  # fmt: skip
KEYS = (
    "key", "secret", "token", "credential", "authorization", "license", "licence", "schlüssel", "geheimnis", "clé", "jeton",
    "clave", "llave", "chave", "chiave", "segreto", "segredo", "sleutel", "geheim", "klucz", "sekret", "ключ", "токен",
    "секрет", "anahtar", "gizli", "nyckel", "kunci", "khóa", "密钥", "密鑰", "金鑰", "令牌", "キー", "鍵", "トークン", "키",
    "토큰", "مفتاح", "رمز", "कुंजी", "टोकन",
)  # fmt: skip
CODES = (
    "otp", "2fa code", "one-time code", "one time code", "one-time password", "one time password", "one-time passcode",
    "verification code", "security code", "confirmation code", "login code", "authentication code", "auth code",
    "access code", "cvv", "cvc", "pin is", "my pin", "your pin", "pin:", "code de vérification", "code de confirmation",
    "code de sécurité", "código de verificación", "código de seguridad", "código de confirmación", "código de verificação",
    "código de segurança", "bestätigungscode", "verifizierungscode", "sicherheitscode", "einmalcode", "einmalpasswort",
    "codice di verifica", "codice di sicurezza", "verificatiecode", "bevestigingscode", "beveiligingscode",
    "kod weryfikacyjny", "kod autoryzacyjny", "код подтверждения", "проверочный код", "doğrulama kodu", "onay kodu",
    "verifieringskod", "kode verifikasi", "kode otp", "mã xác nhận", "mã otp", "验证码", "驗證碼", "校验码", "認証コード",
    "確認コード", "인증번호", "인증 코드", "رمز التحقق", "सत्यापन कोड",
)  # fmt: skip
SEED_PHRASES = (
    "seed phrase", "recovery phrase", "mnemonic", "backup phrase", "seed words", "wiederherstellungsphrase", "frase semilla",
    "frase de recuperación", "frase de recuperação", "phrase de récupération", "phrase secrète", "frase di recupero",
    "frase seed", "herstelzin", "сид-фраза", "сид фраза", "助记词", "助記詞", "シードフレーズ", "시드 구문",
    "kurtarma ifadesi", "fraza odzyskiwania",
)  # fmt: skip
# Accounts whose keys have no form of their own: "datadog: 0123…" is a key although no word says so.
_VENDORS = (
    "algolia", "amplitude", "asana", "bitbucket", "bittrex", "cloudflare", "codecov", "cohere", "coinbase", "confluent",
    "contentful", "datadog", "discord", "droneci", "etsy", "facebook", "fastly", "finnhub", "firebase", "flickr", "gitter",
    "heroku", "hubspot", "intercom", "jfrog", "kraken", "kucoin", "launchdarkly", "linkedin", "mattermost", "messagebird",
    "mistral", "netlify", "newrelic", "new relic", "new_relic", "nytimes", "okta", "openai", "pagerduty", "rapidapi",
    "segment", "sendbird", "sentry", "snyk", "squarespace", "strava", "sumologic", "travis", "trello", "twilio", "twitch",
    "twitter", "vercel", "yandex", "zendesk",
)  # fmt: skip

# One spelling for `re` and for RE2, whose classes are ASCII only: S is white space, L a letter.
_SEPARATOR = (
    r"(?::=|=>|->|[:=：＝]|S{1,3}(?:is|was|ist|lautet|est|es|é|è|jest|är|er|to|adalah|là|هو|هي|है|—|–|-)S"
    r"|S?(?:是|为|為|は|が|는|은|이)S?)"
)
_FOR = r"(?:S(?:for|of|to|on|at|für|von|pour|de|du|do|da|para|per|di|voor|van|для|от|к)S[^\s:=]{1,30}(?:S[^\s:=]{1,30}){0,2})?"
_SUFFIX = r"(?:[_\-][0-9A-Za-z_]{1,24}|[0-9]{1,2}|L{1,3})?(?:[ \-](?:API|api))?"
_CLOSED = r"[\"'`*\])]{0,4}"
_OPENED = r"[\"'`*“„«]{0,3}"
_FOLLOWS = rf"{_SUFFIX}{_CLOSED}{_FOR}S{{0,3}}{_SEPARATOR}[*]{{0,2}}S{{0,3}}"
_BARE = r"[!#-&(-+\-./0-:=?-_a-~À-ɏЀ-ӿ]"
_NUMBER_FOLLOWS = (
    r"(?:[^\n0-9:=]{0,24}(?:[:=：]|S(?:is|ist|lautet|est|es|é|è|jest|to|är|adalah|là|هو|هي|है)|是|为|は|는|은|이)|S)?"
    r"S{0,3}[\"'`*]{0,3}"
)
_CODE = r"(?:[A-Z]-)?(?:[0-9]{3}[ -][0-9]{3}|[0-9]{3,8})"


def _for_re(pattern: str) -> str:
    return re.sub(r"(?<!\\)L", r"[^\\W\\d_]", re.sub(r"(?<!\\)S", r"\\s", pattern.replace("[^S", r"[^\s")))


def _for_re2(pattern: str) -> str:
    pattern = re.sub(r"\{0,[0-9]+\}", "*", re.sub(r"\{1,[0-9]+\}", "+", pattern))  # wider, and far fewer states
    pattern = re.sub(r"(?<!\\)L", r"\\p{L}", pattern)
    space = r"\s\v\x1c-\x1f\x{85}\p{Z}"
    return re.sub(r"(?<!\\)S", lambda _: f"[{space}]", pattern.replace("[^S", f"[^{space}").replace(r"[^\s", f"[^{space}"))


_VALUE = rf"(?:(?P<quote>[\"'`])(?P<quoted>[^\n\"'`]{{1,128}}+)(?P=quote)|{_OPENED}(?P<bare>{_BARE}{{4,128}}+))"
_PASSWORD = re.compile(_for_re(_FOLLOWS + _VALUE))
# A password after a space alone: some letters and then digits, but not the name of an algorithm.
_SPACED = re.compile(
    r"\s{1,2}(?!(?i:sha|base|argon|oauth|utf|scrypt|level|step|version))(?P<bare>[A-Za-z@#$%&._\-]{4,24}[0-9]{2,8}[!?@#$%&*]{0,3})"
    r"(?![0-9A-Za-z_\-=(\[/])"
)
# `pass` is too much of a word to be a cue by itself, and in prose.
_PASS = re.compile(_for_re(rf"(?<![A-Za-z])(?i:pass){_CLOSED}S{{0,3}}[:=]S{{0,3}}{_VALUE}"))
_KEY = re.compile(_for_re(rf"{_FOLLOWS}{_OPENED}(?P<value>{KEY_CHARACTER}{{16,4096}}+)(?![(\[{{])"))
_VENDOR_KEY = re.compile(
    r"[ \t\w.\-]{0,20}[ \"'\t\n]{0,3}(?:=>|[:=]{1,2})[\s\"'`=]{0,5}(?P<value>[0-9A-Za-z_=+/.~\-]{16,200}+)"
)
_ONE_TIME = re.compile(_for_re(rf"{_NUMBER_FOLLOWS}(?<![0-9A-Za-z_.])(?P<value>{_CODE})(?![0-9A-Za-z_%€$]|[.,:/-][0-9])"))
_SEED_WORD = r"(?:[0-9]{1,2}[.)]\s?)?[a-z]{3,8}"
_PHRASE = re.compile(
    rf"[^\n:=]{{0,40}}[:=]?\s{{0,4}}[\"'`*]{{0,3}}(?P<value>{_SEED_WORD}(?:[\s,]{{1,3}}{_SEED_WORD}){{11,23}}+)(?![a-z'])"
)
# Words of ordinary sentences that no list of seed words has.
_NOT_SEED = frozenset(
    {"the", "and", "for", "with", "from", "your", "are", "was", "not", "but", "his", "her", "they", "been", "were"}
)
# A quoted password of letters alone has a change of case inside and is no example.
_LETTERS_MIXED = re.compile(r"[a-zà-ÿ][A-ZÀ-Ý]")
_EXAMPLE = re.compile("pass|word|secret|example|admin|user|test|string|field|input|value|demo|text", re.IGNORECASE)
# Keys that open nothing, by the word in front of the cue, and what is of a key but no key, by the word behind.
_PUBLIC = re.compile(
    r"(?:public|primary|foreign|next|continuation|page|change|request|action|idempotency|partition|sort|cache|websocket|object|s3"
    r"|result|purchase|verification)[ _-]?$"
)
_OF_A_KEY = re.compile(
    r"[ _-]?(?:id|name|sha\d*|md5|hash|fingerprint|path|file|url|uri|type|length|size|version)\b", re.IGNORECASE
)
_PUBLIC_CHARS = 16


def _any_of(cues: Sequence[str]) -> str:
    return "(?i:" + "|".join(re.escape(cue).replace(r"\-", "-").replace(r"\ ", " ").replace("i", "[iİı]") for cue in cues) + ")"


LONG_VALUE_SIEVES = (
    _any_of(KEYS) + _for_re2(rf"{_FOLLOWS}{_OPENED}{KEY_CHARACTER}{{8}}"),
    _any_of(_VENDORS) + r"[\p{L}\p{N}_ .\-\"'\t\n]*[:=]",
)
"""For RE2: what `assigned_keys` finds, values of at least sixteen of the characters of keys."""
SHORT_VALUE_SIEVES = (
    _any_of(PASSWORDS) + _for_re2(rf"(?:{_FOLLOWS}{_OPENED}[^S\"'`,;<>]{{3}}|S{{1,2}}[!-~]{{4,24}}[0-9]{{2}})"),
    _for_re2(rf"(?i:pass){_CLOSED}S*[:=]S*{_OPENED}[^S\"'`,;<>]{{3}}"),
    _any_of(SEED_PHRASES),
)
CODE_SIEVES = (_any_of(CODES) + _for_re2(rf"{_NUMBER_FOLLOWS}(?:[A-Z]-)?[0-9]{{3}}"),)
"""For RE2: what `assigned_passwords` finds, codes of digits and the rest."""


_LONG_VALUE = re.compile(f"{KEY_CHARACTER}{{16}}")
_DIGITS = re.compile(r"[0-9]{3}")


def _anywhere(cues: Sequence[str]) -> CueIndex[None]:
    return CueIndex((Cue(cue), None) for cue in cues)


_KEY_CUES, _VENDOR_CUES = _anywhere(KEYS), _anywhere(_VENDORS)
_PASSWORD_CUES, _PASS_CUE, _CODE_CUES, _SEED_CUES = map(_anywhere, (PASSWORDS, ("pass",), CODES, SEED_PHRASES))


def assigned_keys(text: str, lowered: str) -> Iterator[Span]:
    """Long random values that a cue announces; `lowered` is the text in lower case, of the same length."""
    if not _LONG_VALUE.search(text):
        return
    for start, end, _ in _KEY_CUES.found(lowered):
        match = _KEY.match(text, end)
        if match and _is_key(match["value"]) and not _is_public(lowered, start, end):
            yield Span(match.start("value"), match.start("value") + len(match["value"].rstrip(".:!?")), PiiType.SECRET)
    for _, end, _ in _VENDOR_CUES.found(lowered):
        if (match := _VENDOR_KEY.match(text, end)) and _is_key(match["value"]):
            yield Span(*match.span("value"), PiiType.SECRET)


def assigned_passwords(text: str, lowered: str) -> Iterator[Span]:
    """Passwords, one-time codes and seed phrases that a cue announces; `lowered` is as above."""
    for _, end, _ in _PASSWORD_CUES.found(lowered):
        if (match := _PASSWORD.match(text, end)) and (span := _password(match)):
            yield span
        elif match := _SPACED.match(text, end):
            yield Span(*match.span("bare"), PiiType.SECRET)
    for start, _, _ in _PASS_CUE.found(lowered):
        if (match := _PASS.match(text, start)) and (span := _password(match)):
            yield span
    if _DIGITS.search(text):
        for _, end, _ in _CODE_CUES.found(lowered):
            if match := _ONE_TIME.match(text, end):
                yield Span(*match.span("value"), PiiType.SECRET)
    for _, end, _ in _SEED_CUES.found(lowered):
        if (match := _PHRASE.match(text, end)) and _NOT_SEED.isdisjoint(match["value"].split()):
            yield Span(*match.span("value"), PiiType.SECRET)


def _is_public(lowered: str, start: int, end: int) -> bool:
    """Whether the words around a cue say that the value opens nothing: a public key, a page token, the hash of a key."""
    before = lowered[max(0, start - _PUBLIC_CHARS) : start]
    return _PUBLIC.search(before) is not None or _OF_A_KEY.match(lowered, end) is not None


def _password(match: re.Match[str]) -> Span | None:
    """The password after a cue: letters with digits or signs, digits, or quoted letters that are no word."""
    group = "quoted" if match["quoted"] is not None else "bare"
    value = match[group].rstrip(".,:?)]}*") if group == "bare" else match[group]
    if len(value) < 4 or value[:1] in "[<" or is_placeholder(value) or is_code(value):
        return None
    letters = any(c.isalpha() for c in value)
    others = any(c.isdigit() or c in "!@#$%^&*+~§" for c in value.rstrip("!"))
    if letters and others:
        secret = len(value) >= 6 and " " not in value
    elif value.isdigit():
        secret = len(value) <= 12
    else:
        mixed = value.isalpha() and _LETTERS_MIXED.search(value) is not None
        secret = group == "quoted" and len(value) >= 6 and mixed and not _EXAMPLE.search(value)
    start = match.start(group)
    return Span(start, start + len(value), PiiType.SECRET) if secret else None


def _is_key(value: str) -> bool:
    value = value.rstrip(".:!?")
    return looks_random(value) and not is_code(value) and not is_placeholder(value)

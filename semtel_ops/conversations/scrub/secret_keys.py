"""Keys and tokens by their own form: vendors' keys, credentials in headers and commands, private keys."""

import base64
import binascii
import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.key_shapes import KEY_CHARACTER, is_code, is_placeholder, is_vendor_key, looks_random
from semtel_ops.conversations.scrub.model import PiiType, Span
from semtel_ops.conversations.scrub.vendor_keys import VENDOR_KEYS

# Not inside a word; but after the n of an escaped line end, and after a character of a URL in hexadecimal.
_EDGE = r"(?:(?<![0-9A-Za-z])|(?<=\\[nrt])|(?<=%[0-9A-F][0-9A-F]))"
_EDGE_SIEVE = r"(?:^|[^0-9A-Za-z]|\\[nrt]|%[0-9A-F][0-9A-F])"
_LONG_WORD = re.compile(f"{KEY_CHARACTER}{{16,}}+")
_LEAD_CHARS = 64
_MOST_CHARS = 512
_FIRST_CLASS = re.compile(r"(\[[^\]]+\])\{(\d+)")


def _forms() -> Iterator[tuple[str, bool, re.Pattern[str]]]:
    for key in VENDOR_KEYS:
        for start in key.starts.split():
            left = f"(?:{key.before})" if key.before else _EDGE
            yield start, bool(key.before), re.compile(f"{left}{re.escape(start)}(?P<body>{key.rest})")


_FORMS = tuple(_forms())
"""Of each start: whether something belongs in front of it, and the whole expression."""


def _sieve(*, led: bool) -> str:
    """An expression of RE2 for all texts with a vendor's key, and few others: the start and some characters after it."""
    alternatives = []
    for key in VENDOR_KEYS:
        if bool(key.before) is led:
            first = _FIRST_CLASS.match(key.rest)
            after = f"{first[1]}{{{min(int(first[2]), 6)}}}" if first else ""
            alternatives.append(f"(?:{'|'.join(map(re.escape, key.starts.split()))}){after}")
    # The edge stands before all of them once: repeated, it would cost RE2 three times the time.
    return f"{'[0-9A-Za-z_~.-]' if led else _EDGE_SIEVE}(?:{'|'.join(alternatives)})"


_AWS_ID = re.compile("A(?:[KS]IA|BIA|CCA|3T[0-9A-Z])[0-9A-Z]{16}")
_AWS_SECRET = re.compile(r"(?<![0-9A-Za-z+/=])[0-9A-Za-z+/]{40}(?![0-9A-Za-z+/=])")
_AWS_NEAR_CHARS = 250

_HEADER = re.compile(r"\b(?i:Bearer|Basic)\s{1,3}(?P<value>[A-Za-z0-9_\-.~+/]{16,4000}={0,2})")
_AUTHORIZATION = re.compile(
    r"(?i:authorization)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:(?P<basic>(?i:Basic))|[A-Za-z_\-]{2,20})\s{1,3}[\"']?"
    r"(?P<value>[A-Za-z0-9_\-.~+/]{8,4000}={0,2})"
)
_COOKIE = re.compile(r"(?i:cookie)\b[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<pairs>[^\n\"']{8,4000})")
_COOKIE_PAIR = re.compile(rf"[^\s=;]{{1,64}}=(?P<value>{KEY_CHARACTER}{{16,4000}})")
_USER_OPTION = re.compile(r"\s(?:-u|--user|--proxy-user|-U)(?:\s{1,3}|=)?[\"']?[^\s:\"'/]{1,64}:(?P<value>[^\s\"']{3,128})")
_USER_COMMANDS = ("curl", "wget", "http ")
_OPTION = re.compile(
    r"\s--[a-z\-]{0,24}(?:password|passwd|token|secret|key)\s{1,3}[\"']?(?P<value>[^\s\"'`\-][^\s\"'`]{5,200})"
)
# `mysql -u root -psecret`: no space before the password, as none of these commands has one.
_COMMAND_PASSWORD = re.compile(
    r"\b(?:(?:mysql|mariadb)(?:dump|admin)?\b[^\n|;]{0,200}?\s-p|sshpass\s-p\s?|redis-cli\b[^\n|;]{0,200}?\s-a\s)[\"']?"
    r"(?P<value>[^\s\"'$<]{6,128})"
)
_WIFI = re.compile(r"WIFI:[^\n]{0,100}?P:(?P<value>(?!\[)[^;\n]{4,64});")

_PEM_BEGIN = re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-\d:")
_PEM_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|Private-MAC: [0-9a-f]{40,64}")
_PEM_BODY = re.compile(
    r"(?:(?:\\n|\s){0,4}(?:[A-Za-z0-9+/=]{24,}+|[A-Z][A-Za-z\-]{1,20}: [^\n]{0,100}+))*+"
    r"(?:\s{0,2}[A-Za-z0-9+/]{1,23}={0,2}(?=\n|\Z))?"
)

_SPACE = r"[\s\v\x1c-\x1f\x{85}\p{Z}]"
LONG_KEY_SIEVES = (
    _sieve(led=False),
    _sieve(led=True),
    rf"(?i:bearer|bas[iİı]c){_SPACE}{{1,3}}[A-Za-z0-9_\-.~+/]{{16}}",
    rf"(?i:cook[iİı]e)[\"']?{_SPACE}{{0,3}}[:=]",
)
"""For RE2: secrets whose value is at least sixteen of the characters of keys."""
SHORT_KEY_SIEVES = (
    r"-{4,5} ?BEGIN |PuTTY-User-Key-File-|WIFI:|(?:mysql|mariadb|sshpass|redis-cli)[^\n]*\s-[pa]",
    rf"(?i:author[iİı]zat[iİı]on)[\"']?{_SPACE}*[:=]",
    rf"--[a-z\-]*(?:password|passwd|token|secret|key){_SPACE}",
)
"""For RE2: the other secrets that `secrets` finds."""
USER_OPTION_SIEVE = rf"(?:-u|--user|--proxy-user|-U)(?:{_SPACE}|=)*[\"']?[^:\"'/\n]{{1,64}}:[^\"']"
"""For RE2: `curl -u user:password`, by itself, since RE2 finds the hyphen without its states."""


def secrets(text: str, lowered: str) -> Iterator[Span]:
    """Vendors' keys, credentials in headers and commands, and private keys; `lowered` is the text in lower case."""
    if "BEGIN " in text or "PuTTY-" in text:
        yield from _private_keys(text)
    # A search in the few long words for each start takes a tenth of the time of a search in all the text.
    long_words = "\n".join(_LONG_WORD.findall(text))
    for start, led, pattern in _FORMS if long_words else ():
        if start in long_words:
            yield from _vendor_keys(text, start, pattern, led=led)
    if "bearer" in lowered or "basic" in lowered or "authorization" in lowered:
        yield from _headers(text)
    if "cookie" in lowered:
        yield from _cookies(text)
    if "WIFI:" in text:
        yield from (Span(*match.span("value"), PiiType.SECRET) for match in _WIFI.finditer(text))
    if "--" in text:
        for match in _OPTION.finditer(text):
            if any(c.isdigit() for c in match["value"]) and not is_code(match["value"]) and not is_placeholder(match["value"]):
                yield Span(*match.span("value"), PiiType.SECRET)
    if "mysql" in text or "mariadb" in text or "sshpass" in text or "redis-cli" in text:
        for match in _COMMAND_PASSWORD.finditer(text):
            if any(c.isdigit() for c in match["value"]) and not is_placeholder(match["value"]):
                yield Span(*match.span("value"), PiiType.SECRET)
    if " -" in text and any(command in text for command in _USER_COMMANDS):
        for match in _USER_OPTION.finditer(text):
            if not is_code(match["value"]) and not is_placeholder(match["value"]):
                yield Span(*match.span("value"), PiiType.SECRET)


def _vendor_keys(text: str, start: str, pattern: re.Pattern[str], *, led: bool) -> Iterator[Span]:
    at = text.find(start)
    while at >= 0:
        end = at + len(start)
        match = pattern.search(text, max(0, at - _LEAD_CHARS), end + _MOST_CHARS) if led else pattern.match(text, at)
        if match and is_vendor_key(match["body"] or match[0]):
            end = max(end, match.end())
            yield Span(*match.span(), PiiType.SECRET)
            if _AWS_ID.fullmatch(match[0]):
                yield from _aws_secrets(text, match.start(), match.end())
        at = text.find(start, end)


def _aws_secrets(text: str, start: int, end: int) -> Iterator[Span]:
    """Secret access keys near an access key id: forty characters of base64 without a form of their own."""
    for match in _AWS_SECRET.finditer(text, max(0, start - _AWS_NEAR_CHARS), end + _AWS_NEAR_CHARS):
        if looks_random(match[0]):
            yield Span(*match.span(), PiiType.SECRET)


def _headers(text: str) -> Iterator[Span]:
    for match in _HEADER.finditer(text):
        if looks_random(match["value"]):
            yield Span(*match.span("value"), PiiType.SECRET)
    for match in _AUTHORIZATION.finditer(text):
        if looks_random(match["value"]) or (match["basic"] and _is_user_and_password(match["value"])):
            yield Span(*match.span("value"), PiiType.SECRET)


def _is_user_and_password(value: str) -> bool:
    """Whether this is base64 of `user:password`."""
    try:
        plain = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain and plain.isascii() and plain.decode().isprintable()


def _cookies(text: str) -> Iterator[Span]:
    """Values of cookies that are random enough to open a session."""
    for header in _COOKIE.finditer(text):
        for pair in _COOKIE_PAIR.finditer(text, *header.span("pairs")):
            if looks_random(pair["value"]):
                yield Span(*pair.span("value"), PiiType.SECRET)


def _private_keys(text: str) -> Iterator[Span]:
    """From BEGIN to END; without an END, up to the last character that can be base64."""
    at = 0
    # Once no END is left, later searches are skipped: otherwise every BEGIN would search the rest of the text.
    more_ends = True
    while begin := _PEM_BEGIN.search(text, at):
        end = _PEM_END.search(text, begin.end()) if more_ends else None
        more_ends = end is not None
        if end is None:
            end = _PEM_BODY.match(text, begin.end())
        assert end is not None
        at = max(end.end(), begin.end())
        yield Span(begin.start(), at, PiiType.SECRET)

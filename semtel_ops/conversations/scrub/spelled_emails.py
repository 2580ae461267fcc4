"""E-mail addresses that are spelled out to hide them: `ada [at] example [dot] com`, `ada arroba example punto com`."""

import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.model import PiiType, Span

_AT_WORDS = "at|arroba|arobase|ät|chiocciola|собака|골뱅이|małpa|et|@"
_DOT_WORDS = "dot|punto|point|punkt|ponto|точка|kropka|nokta|d0t"
_TOP = (
    "com|org|net|edu|gov|info|io|co|dev|app|me|de|es|fr|it|br|pt|ru|cn|jp|kr|in|tr|pl|nl|uk|us|eu|ch|at|be|"
    "mx|ar|cl|au|ca|se|no|dk|fi"
)
_LABEL = r"[A-Za-z0-9][\w\-]{0,62}"
_BRACKETED_AT = rf"\s{{0,2}}[\[({{<]\s?(?:{_AT_WORDS})\s?[\])}}>]\s{{0,2}}"
_DOT = rf"(?:\s{{0,2}}[\[({{<]\s?(?:{_DOT_WORDS}|\.)\s?[\])}}>]\s{{0,2}}|\s(?:{_DOT_WORDS})\s|\.)"
_WORD_DOT = rf"\s(?:{_DOT_WORDS})\s"
_LOCAL = r"(?<![A-Za-z0-9_.+\-@])[A-Za-z0-9](?:[\w.+\-]{0,40})"

_BRACKETED = re.compile(
    rf"{_LOCAL}(?:[\[({{<](?:{_DOT_WORDS})[\])}}>]{_LABEL}){{0,3}}{_BRACKETED_AT}{_LABEL}(?:{_DOT}{_LABEL}){{1,4}}",
    re.IGNORECASE | re.ASCII,
)
# Words without brackets: "at" is too common a word, so the rest must be spelled out too, or the name must look like a mailbox.
_FOREIGN = re.compile(
    rf"{_LOCAL}(?:{_WORD_DOT}{_LABEL}){{0,3}}\s(?:arroba|arobase|chiocciola|собака|małpa|"
    rf"골뱅이)\s{_LABEL}(?:(?:{_WORD_DOT}|\.){_LABEL}){{1,4}}",
    re.IGNORECASE | re.ASCII,
)
_SPELLED = re.compile(
    rf"(?P<local>{_LOCAL})(?P<dots>(?:{_WORD_DOT}{_LABEL}){{0,3}})\sat\s{_LABEL}(?:{_WORD_DOT}{_LABEL}){{0,3}}{_WORD_DOT}(?:{_TOP})\b",
    re.IGNORECASE | re.ASCII,
)
_PLAIN = re.compile(
    rf"(?<![A-Za-z0-9_.+\-@])[A-Za-z][A-Za-z0-9]{{0,20}}[._\d][\w.+\-]{{0,20}}\sat\s(?:{_LABEL}\.){{1,3}}(?:{_TOP})\b",
    re.IGNORECASE | re.ASCII,
)
_JOINED = re.compile(
    rf"(?<![A-Za-z0-9_.+\-@])[A-Za-z0-9.\-]{{1,30}}(?:_at_[A-Za-z0-9\-]{{1,40}}_dot_|\s@\s(?:{_LABEL}\.){{1,3}})(?:{_TOP})\b",
    re.IGNORECASE | re.ASCII,
)
# What stands in the middle of an address, looked for before the whole of it.
_BRACKETED_ANY = re.compile(rf"[\[({{<]\s?(?:{_AT_WORDS})\s?[\])}}>]", re.IGNORECASE)
_AT_LABEL = re.compile(r"(?<=\s)at\s[A-Za-z0-9][\w\-]*\.", re.IGNORECASE)
SPELLED_SIEVES = (
    r"(?i:_at_[A-Za-z0-9\-]+_dot_)|\s@\s[A-Za-z0-9][A-Za-z0-9_\-]*\.",
    rf"(?i:[\[({{<]\s?(?:{_AT_WORDS})\s?[\])}}>])",
    r"(?i:\s(?:arroba|arobase|chiocciola|собака|małpa|골뱅이)\s)",
    rf"(?i:\sat\s[A-Za-z0-9][A-Za-z0-9_\-]*\s(?:{_DOT_WORDS})\s)",
    r"(?i:[._0-9][A-Za-z0-9_.+\-]*\sat\s[A-Za-z0-9][A-Za-z0-9_\-]*\.)",
)
"""Expressions of RE2 for all these addresses."""
_CUE = re.compile(r"mail|contact|reach|write|address|it's|it’s|is:?\s?$|kontakt|schreib|:\s?$|^\s*$")
_NOT_LOCAL = frozenset({
    "are", "available", "found", "here", "hosted", "is", "it", "located", "look", "me", "meet", "more", "online",
    "page", "posted", "read", "see", "site", "us", "visit", "was", "website",
})  # fmt: skip


def spelled_emails(text: str, lowered: str) -> Iterator[Span]:
    """Spelled-out addresses; `lowered` is the text in lower case."""
    if " @ " in text or "_at_" in lowered:
        for match in _JOINED.finditer(text):
            yield Span(*match.span(), PiiType.EMAIL)
    if _BRACKETED_ANY.search(text):
        for match in _BRACKETED.finditer(text):
            yield Span(*match.span(), PiiType.EMAIL)
    if any(word in lowered for word in (" arroba ", " arobase ", " chiocciola ", " собака ", " małpa ", " 골뱅이 ")):
        for match in _FOREIGN.finditer(text):
            yield Span(*match.span(), PiiType.EMAIL)
    if " at " not in lowered:
        return
    if any(word in lowered for word in (" dot ", " punkt ", " point ", " punto ")):
        for match in _SPELLED.finditer(text):
            mailbox = bool(match["dots"]) or any(sign in match["local"] for sign in "._0123456789")
            before = lowered[max(0, match.start() - 24) : match.start()]
            if mailbox or (match["local"].lower() not in _NOT_LOCAL and _CUE.search(before)):
                yield Span(*match.span(), PiiType.EMAIL)
    for match in _PLAIN.finditer(text) if _AT_LABEL.search(text) else ():
        yield Span(*match.span(), PiiType.EMAIL)

"""Keys, tokens, passwords and private keys."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from semtel_ops.conversations.scrub.model import PiiType, Span

# Prefixes of providers' keys. The expression below runs only on texts that contain one of them.
_PREFIXES = (
    "sk-", "sk_live_", "sk_test_", "rk_live_", "pk_live_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-",
    "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "AKIA", "ASIA", "AIza", "ya29.", "hf_", "npm_", "SG.", "eyJ",
)  # fmt: skip
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_])(?:"
    r"sk-[A-Za-z0-9_\-]{16,}+"
    r"|[spr]k_(?:live|test)_[A-Za-z0-9]{10,}+"
    r"|gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_[A-Za-z0-9_]{20,}+|glpat-[A-Za-z0-9_\-]{16,}+"
    r"|xox[bpars]-[A-Za-z0-9\-]{10,}+"
    r"|A[KS]IA[0-9A-Z]{16}(?![0-9A-Za-z])"
    r"|AIza[A-Za-z0-9_\-]{30,}+|ya29\.[A-Za-z0-9_\-]{20,}+|hf_[A-Za-z0-9]{20,}+|npm_[A-Za-z0-9]{30,}+"
    r"|SG\.[A-Za-z0-9_\-]{16,}+\.[A-Za-z0-9_\-]{16,}+"
    r"|eyJ[A-Za-z0-9_\-]{8,}+\.[A-Za-z0-9_\-]{4,}+\.[A-Za-z0-9_\-]*+"
    r")"
)
_BEARER = re.compile(r"\b(?:Bearer|Basic)\s{1,3}([A-Za-z0-9_\-.~+/]{16,}+={0,2})", re.IGNORECASE)
_CUES = ("key", "secret", "token", "passw", "pwd", "passphrase", "contraseña", "passwort", "mot de passe")
_ASSIGNED = re.compile(
    r"(?:(?P<password>passwor[dt]|passwd|pwd|passphrase|contraseña|mot\sde\spasse)|key|secret|token)"
    r"[\"']?\s{0,3}(?::=|=>|[:=]|\sis\s)\s{0,3}[\"'`]?(?P<value>[^\s\"'`,;(){}<>\[\]$]{6,}+)(?![({\[])",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"[0-9]")
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY = re.compile(
    r"(?:(?:\\n|\s){0,4}(?:[A-Za-z0-9+/=]{24,}+|[A-Z][A-Za-z\-]{1,20}: [^\n]{0,100}+))*+"
    r"(?:\s{0,2}[A-Za-z0-9+/]{1,23}={0,2}(?=\n|\Z))?"
)
# Entropy in bits per character: words and paths in code are below, random keys of at least 16 characters above.
_RANDOM_BITS = 3.4


def secrets(text: str, lowered: str) -> Iterator[Span]:
    """Private keys, tokens, and values that are assigned to a key or password; `lowered` is the text in lower case."""
    if "-----BEGIN " in text:
        yield from _private_keys(text)
    if _DIGIT.search(text):
        yield from _tokens(text, lowered)
    if any(cue in lowered for cue in _CUES):
        for match in _ASSIGNED.finditer(text):
            if _is_secret(match["value"], password=match["password"] is not None):
                yield Span(*match.span("value"), PiiType.SECRET)


def _tokens(text: str, lowered: str) -> Iterator[Span]:
    """Tokens after a provider's prefix or in an HTTP header. Only tokens with a digit count."""
    if any(prefix in text for prefix in _PREFIXES):
        for match in _TOKEN.finditer(text):
            if _DIGIT.search(match[0]):
                yield Span(*match.span(), PiiType.SECRET)
    if "bearer " in lowered or "basic " in lowered:
        for match in _BEARER.finditer(text):
            if _looks_random(match[1]):
                yield Span(*match.span(1), PiiType.SECRET)


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


def _is_secret(value: str, *, password: bool) -> bool:
    """Whether a value is a secret. A password needs a letter and a digit or sign; other values must be long and look random."""
    value = value.rstrip(".,:!?")
    if password:
        mixed = any(c.isalpha() for c in value) and any(c.isdigit() or c in "!@#%^&*+" for c in value)
        return len(value) >= 6 and mixed and not _is_code(value)
    return _looks_random(value) and not _is_code(value)


def _is_code(value: str) -> bool:
    """A call, an attribute or a path: `os.environ`, `self.token_1`, `config/keys/v2`."""
    head = value[:64]
    return "://" in head or re.fullmatch(r"[A-Za-z_]\w{0,30}(?:[./][A-Za-z_]\w{0,30})+", head) is not None


def _looks_random(value: str) -> bool:
    """At least 16 characters, with a digit and a letter, and the entropy per character of a random key."""
    head = value[:128]
    if len(head) < 16 or not any(c.isdigit() for c in head) or not any(c.isalpha() for c in head):
        return False
    counts = Counter(head)
    bits = -sum(n / len(head) * math.log2(n / len(head)) for n in counts.values())
    # Hexadecimal has only 16 symbols, so its entropy is lower than that of base64.
    return bits >= (_RANDOM_BITS - 0.4 if set(head.lower()) <= set("0123456789abcdef-") else _RANDOM_BITS)

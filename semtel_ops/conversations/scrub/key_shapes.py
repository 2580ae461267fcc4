"""What tells a key from words, code and placeholders: its letters, not its place."""

import math
import re
from collections import Counter
from itertools import pairwise

KEY_CHARACTER = r"[!#-&+\-./0-9:=?@A-Z\\^_a-z|~]"
"""Characters of keys, as `re` and RE2 write them: of ASCII, without those that stand around keys in code and prose."""
# Entropy in bits per character: words and paths in code are below, random keys of at least 16 characters above.
_RANDOM_BITS = 3.4
_MIN_CHARS = 16
# Four letters of a word or more, with a vowel. In random letters of both cases, runs like these hold less than a tenth of them.
_WORD = re.compile(r"(?=[A-Z]?[a-z]*[aeiouy])[A-Za-z][a-z]{3,}|(?<![A-Za-z])[A-Z]{4,}(?![A-Za-z])")
_WORDY_SHARE = 0.5
_NAME_LIKE = re.compile(r"[-_./:A-Z]")
_PATH = re.compile(r"[A-Za-z_~.]?[\w-]{0,40}(?:[./:][A-Za-z_]?[\w-]{0,40})+")
_CALL = re.compile(r"[A-Za-z_][\w.]{0,60}[(\[{]")
_PLACEHOLDER = re.compile(r"x{4}|\*{3}|\.{3}|…|your[_-]?|placeholder|<|>|redacted|insert[_-]|replace[_-]", re.IGNORECASE)


def looks_random(value: str) -> bool:
    """At least 16 characters that look drawn: by their entropy, and by a digit among letters or by changes of case."""
    head = value[:128]
    if len(head) < _MIN_CHARS or not any(c.isalpha() for c in head):
        return False
    if not any(c.isdigit() for c in head) and 3 * sum(a.islower() is not b.islower() for a, b in pairwise(head)) < len(head):
        return False
    # Hexadecimal has only 16 symbols, so its entropy is lower than that of base64.
    least = _RANDOM_BITS - 0.4 if set(head.lower()) <= set("0123456789abcdef-") else _RANDOM_BITS
    return _bits(head) >= least and not (_NAME_LIKE.search(head) and is_wordy(head))


def is_wordy(value: str) -> bool:
    """Whether more than half of the letters and digits stand in runs of letters as long as those of words."""
    head = value[:128]
    return 0 < _WORDY_SHARE * sum(map(str.isalnum, head)) < sum(map(len, _WORD.findall(head)))


def is_code(value: str) -> bool:
    """A call, a variable, an attribute or a path of words: `os.environ`, `$PASSWORD`, `config/keys/v2`."""
    head = value[:80]
    if head[:1] in "$({<[%&" or "://" in head or _CALL.match(head):
        return True
    return _PATH.fullmatch(head) is not None and (is_wordy(head) or (len(head) < 32 and "/" not in head))


def is_placeholder(value: str) -> bool:
    """What examples write where a key belongs: `sk-xxxx`, `YOUR_API_KEY`, `****`."""
    return len(set(value)) < min(6, len(value) // 2 + 1) or _PLACEHOLDER.search(value) is not None


def is_vendor_key(body: str) -> bool:
    """Whether what follows a vendor's prefix is a key: anything but a placeholder or words joined by hyphens."""
    if is_placeholder(body):
        return False
    return not ("-" in body or "_" in body) or (not is_wordy(body) and any(c.isdigit() or c.isupper() for c in body))


def _bits(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())

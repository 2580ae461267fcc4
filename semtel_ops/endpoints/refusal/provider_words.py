"""What may be shown of a provider's words: no quotation of the request, no key, no control characters, not too much."""

import re

from semtel_ops.endpoints.lenient_json import read_json

MAX_SHOWN = 240
"""Most characters of a provider's words in an error."""
_MAX_READ = 2_500

_QUOTED = re.compile(
    r"""(?<!\w)(?:"[^"]{40,}(?:"|$)|`[^`]{40,}(?:`|$)|“[^”]{40,}(?:”|$)|«[^»]{40,}(?:»|$)"""
    r"""|'(?:[^']|(?<=\w)'(?=\w)){40,}(?:'|$))""",
)
"""At least 40 characters in quotation marks, or after one that does not close; apostrophes are not quotation marks."""
_INPUT = re.compile(
    r"""(?:\binput_value\s*=|['"]?\binput['"]?\s*:\s*['"{\[]|,\s*value:\s*['"{\[]).*?(?:,\s*(?=input_type\s*=)|$)""", re.DOTALL
)
"""The rejected value, as pydantic and servers built on it print it: to the end, since it may contain anything."""
_KEY = re.compile(
    r"\bBearer\s+\S+|\b(?:sk|pk|rk|gsk|csk|hf|xai|nvapi|AIza|ak|key)[-_][\w*.-]{6,}|\bAIza[\w-]{20,}|(?<![\w-])[\w-]{0,40}\*{3,}[\w*-]*"
)
_ALNUM = re.compile(r"[^\W_]+")

_OVERLAP = 20
"""So many letters and digits in a row that are in the request, too, are a quotation."""


def without_quotations(text: str) -> str:
    """The text in one line, without long quotations, rejected values and keys; still long enough to be judged by."""
    text = _INPUT.sub("", text[:_MAX_READ])
    text = _KEY.sub("…", text)
    text = _QUOTED.sub(lambda quoted: f"{quoted[0][0]}…{quoted[0][-1]}", text)
    line = "".join(char if char.isprintable() and char != "\ufffd" else " " for char in text)
    return " ".join(line.split()).strip(" ;,")


def shown(text: str, sent: bytes) -> str:
    """What an error says of a text that is `without_quotations`: cut, and without what the request said.

    `sent`: the body of the request, if it is known.
    """
    text = text[: 2 * MAX_SHOWN]
    if sent and len(text) >= _OVERLAP:
        text = _without_overlap(text, _texts_of(sent))
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1].rstrip() + "…"


def _without_overlap(text: str, request: str) -> str:
    """Replace what a text has in common with a request, compared by letters and digits alone."""
    places = [place for place, char in enumerate(text) if char.isalnum()]
    plain = "".join(text[place] for place in places).lower()
    if len(plain) != len(places):
        # A letter whose lower case has two characters: places would no longer match.
        plain = "".join(text[place] for place in places)
    request = "".join(_ALNUM.findall(request.lower()))
    half = _OVERLAP // 2
    # Refusals come in storms: what has not one half in common, at any multiple of a half, has nothing in common.
    if not any(plain[at : at + half] in request for at in range(0, len(plain) - half + 1, half)):
        return text
    kept, copied, position = [], 0, 0
    while position + _OVERLAP <= len(plain):
        length = _OVERLAP
        if plain[position : position + length] not in request:
            position += 1
            continue
        while position + length < len(plain) and plain[position : position + length + 1] in request:
            length += 1
        kept.append(text[copied : places[position]] + "…")
        copied = places[position + length - 1] + 1
        position += length
    return "".join(kept) + text[copied:]


def _texts_of(sent: bytes) -> str:
    """The texts of the messages of a request; all of its body if it has none."""
    request = read_json(sent)
    messages = request.get("messages") if isinstance(request, dict) else None
    if not isinstance(messages, list):
        return sent.decode("utf-8", "replace")
    contents = [message.get("content") for message in messages if isinstance(message, dict)]
    return " ".join(content for content in contents if isinstance(content, str))

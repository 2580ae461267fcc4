r"""A conversation as quoted text in a prompt: fenced, one JSON object per turn. No turn can close the fence.

JSON keeps each turn on one line. In it, the first character of anything that could be read as the fence, or that a model's
tokenizer reads as a control token (`<|im_end|>`, `</s>`, `[INST]`), is written as a \u escape: the text means the same, but is
no longer that token.
"""

import re
from collections.abc import Iterable

import orjson

from semtel_ops.conversations.model import Turn
from semtel_ops.surrogates import repair_surrogates

FENCE_CLOSE = "</conversation>"
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

# White space in a JSON string: spaces as they are, other characters as escapes.
_GAP = rb"(?: |\xc2\xa0|\\[ntrfb]){0,8}"
_TOKEN_NAMES = rb"(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|start_of_image|end_of_text)>"
_UNSAFE = re.compile(
    rb"<(?=" + _GAP + rb"/?" + _GAP + rb"conversation|/?" + _TOKEN_NAMES + rb"|\||\xef\xbd\x9c)", re.IGNORECASE
)
_BRACKETED = re.compile(rb"\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|THINK)\])")


def transcript(turns: Iterable[Turn], key: str | None = None) -> str:
    """The fenced text of a conversation.

    Its time is linear in the text. Lone surrogates become U+FFFD, since a request cannot contain them.

    Args:
        key: name of the conversation in a request with several: 1 to 64 letters, digits, dashes and underscores.

    Raises:
        ValueError: the key has another form.
    """
    if key is None:
        opening = "<conversation>\n"
    elif _KEY.fullmatch(key):
        opening = f'<conversation id="{key}">\n'
    else:
        raise ValueError("a conversation's key in a prompt is 1 to 64 letters, digits, dashes and underscores")
    return f"{opening}{_lines(turns)}{FENCE_CLOSE}"


def _lines(turns: Iterable[Turn]) -> str:
    body = b"".join([_dump(turn) for turn in turns])
    if b"<" in body:
        body = _UNSAFE.sub(rb"\\u003c", body)
    if b"[" in body:
        body = _BRACKETED.sub(rb"\\u005b", body)
    return body.decode()


def _dump(turn: Turn) -> bytes:
    try:
        return orjson.dumps({"role": turn.role, "content": turn.content}, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        clean = repair_surrogates(turn.content)
        return orjson.dumps({"role": turn.role, "content": clean}, option=orjson.OPT_APPEND_NEWLINE)

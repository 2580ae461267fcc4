"""Text as people send it, made well-formed."""

from semtel_ops.conversations.sources.json_text import mend_surrogates


def clean(text: str) -> str:
    """The text without NUL and with U+FFFD for lone surrogates; everything else, `<|endoftext|>` too, is text."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return mend_surrogates(text)
    return text

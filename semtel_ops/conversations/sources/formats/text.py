"""Makes text well-formed."""

from semtel_ops.surrogates import repair_surrogates


def clean(text: str) -> str:
    """The text without NUL and with U+FFFD for lone surrogates; everything else, even `<|endoftext|>`, is kept."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return repair_surrogates(text)
    return text

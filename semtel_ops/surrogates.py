"""Repairs text with lone surrogates, which no encoding can carry further."""


def repair_surrogates(text: str) -> str:
    """Join surrogates that form pairs; replace the others by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

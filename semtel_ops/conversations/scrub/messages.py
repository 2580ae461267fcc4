"""Scrubs messages of other systems before they get into a log or a file: they may name a key, an account or a person."""

from functools import cache

from semtel_ops.conversations.scrub.model import Scrubber
from semtel_ops.conversations.scrub.rules import RuleScrubber


def scrub_message(text: str, most: int = 240) -> str:
    """A message on one line, without personal data and secrets, of at most `most` characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[:2_000]).split())
    scrubbed = _scrubber().scrub(line).text
    return scrubbed if len(scrubbed) <= most else f"{scrubbed[: most - 1]}…"


@cache
def _scrubber() -> Scrubber:
    return RuleScrubber()

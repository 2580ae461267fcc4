"""Which engine a configuration asks for."""

import difflib
from collections.abc import Sequence

from semtel_ops.conversations.scrub.model import PiiType, Scrubbed, Scrubber
from semtel_ops.conversations.scrub.presidio import PresidioScrubber
from semtel_ops.conversations.scrub.rules import RuleScrubber
from semtel_ops.errors import ConfigError
from semtel_ops.settings import ScrubConfig


class NoScrubber:
    """Leaves text as it is: for data that was scrubbed before it came here."""

    def scrub(self, text: str) -> Scrubbed:
        return Scrubbed(text)

    def scrub_all(self, texts: Sequence[str]) -> dict[int, Scrubbed]:  # noqa: ARG002 — the protocol's
        return {}


def make_scrubber(config: ScrubConfig) -> Scrubber:
    """The engine of `config.engine`, for `config.types`.

    Raises:
        ConfigError: a type is unknown, or the engine is not installed.
    """
    types = [_type(name) for name in config.types]
    if config.engine == "off":
        return NoScrubber()
    return PresidioScrubber(types=types) if config.engine == "presidio" else RuleScrubber(types)


def _type(name: str) -> PiiType:
    try:
        return PiiType(name.lower())
    except ValueError:
        known = [pii.value for pii in PiiType]
        close = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        raise ConfigError("scrub.types", name, f"is not a type; {hint}") from None

"""Makes the engine that a configuration names."""

import difflib
from collections.abc import Callable, Collection, Sequence

from semtel_ops.conversations.scrub.model import PiiType, Scrubbed, Scrubber
from semtel_ops.errors import ConfigError
from semtel_ops.extensions import SCRUB_ENGINES
from semtel_ops.settings import ScrubConfig

MakeScrubber = Callable[[Collection[PiiType]], Scrubber]
"""(types to scrub; empty means all) -> an engine. Raises ConfigError where a package or a model is missing."""


class NoScrubber:
    """Leaves text unchanged: for data that was scrubbed before."""

    def __init__(self, types: Collection[PiiType] = ()) -> None:
        pass

    def scrub(self, text: str) -> Scrubbed:
        return Scrubbed(text)

    def scrub_all(self, texts: Sequence[str]) -> dict[int, Scrubbed]:  # noqa: ARG002 — the protocol's
        return {}


def make_scrubber(config: ScrubConfig) -> Scrubber:
    """The engine of `config.engine`, for `config.types`.

    Raises:
        ConfigError: a type is unknown, or the engine is not installed.
    """
    make: MakeScrubber = SCRUB_ENGINES.load(config.engine)
    return make([_type(name) for name in config.types])


def _type(name: str) -> PiiType:
    try:
        return PiiType(name.lower())
    except ValueError:
        known = [pii.value for pii in PiiType]
        close = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        raise ConfigError("scrub.types", name, f"is not a type; {hint}") from None

"""How much a model thinks before it answers, and how many tokens a reply needs for it.

A model's thoughts are billed as output and count against the upper bound of the reply: a bound with room for the answer alone
would be spent on thought. So the bound of a request that asks for thought is raised by a headroom, which depends on the effort.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from semtel_ops.words import ReasoningEffort

HEADROOM_TOKENS: Final[Mapping[ReasoningEffort, int]] = MappingProxyType(
    {
        ReasoningEffort.NONE: 0,
        ReasoningEffort.MINIMAL: 512,
        ReasoningEffort.LOW: 2_048,
        ReasoningEffort.MEDIUM: 8_192,
        # OpenAI's guide on reasoning models: reserve at least 25,000 tokens for thoughts and answer.
        ReasoningEffort.HIGH: 25_000,
        ReasoningEffort.XHIGH: 50_000,
        # With the answer below 128,000, the largest reply of the GPT-5 and GPT-6 models.
        ReasoningEffort.MAX: 100_000,
    }
)
"""Tokens by which the bound of a reply is raised; `reasoning_headroom` of an endpoint or a model replaces them."""

EXPECTED_SHARE: Final = 0.25
"""Part of the headroom that a forecast counts: an assumption, until the journal has replies that show what is really needed.

Labelling a conversation is an easy question, and no bound is meant to be reached.
"""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What an endpoint asks of requests whose prompt names no effort, and the headroom of each effort there.

    Attributes:
        effort: None: not sent, so that the model's own default applies.
        headroom: (effort, tokens) where it differs from `HEADROOM_TOKENS`.
    """

    effort: ReasoningEffort | None = None
    headroom: tuple[tuple[ReasoningEffort, int], ...] = ()

    def effort_of(self, wanted: ReasoningEffort | None) -> ReasoningEffort | None:
        """The effort that is asked for. `wanted`: the prompt's, which takes precedence."""
        return self.effort if wanted is None else wanted

    def room_tokens(self, wanted: ReasoningEffort | None) -> int:
        """Tokens by which the bound of the reply is raised; 0 where no effort is asked for. `wanted`: the prompt's."""
        effort = self.effort_of(wanted)
        if effort is None:
            return 0
        return next((tokens for name, tokens in self.headroom if name == effort), HEADROOM_TOKENS[effort])

    def expected_tokens(self, wanted: ReasoningEffort | None) -> int:
        """Tokens of thought that a forecast counts for a reply. `wanted`: the prompt's."""
        return round(self.room_tokens(wanted) * EXPECTED_SHARE)


UNSET: Final = Reasoning()
"""Nothing is sent and no headroom is given."""

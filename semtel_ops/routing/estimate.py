"""Estimate of a shard's requests and tokens before its text is prepared, for the lane choice only."""

from collections.abc import Sequence
from dataclasses import dataclass

from semtel_ops.classifiers import AnswerKind, ClassifierSpec
from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.packing.single import frame_of
from semtel_ops.settings import StrategyConfig
from semtel_ops.words import ReasoningEffort

CHARS_A_TOKEN = 4
"""The estimate of providers at admission; scripts other than Latin have fewer characters per token."""

SHORT_REPLY_TOKENS = AnswerKind.reply_tokens
"""Tokens of a reply with one label: {"label": "…"}."""


@dataclass(frozen=True, slots=True)
class Load:
    """Requests and tokens of some work, not counting reuse of stored replies: an upper bound."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Load") -> "Load":
        return Load(
            self.requests + other.requests, self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens
        )

    def part(self, fraction: float) -> "Load":
        """A fraction of this load; `fraction` is between 0 and 1."""
        return Load(*(round(count * fraction) for count in (self.requests, self.input_tokens, self.output_tokens)))


def load_of(
    conversations: int,
    text_tokens: int,
    specs: Sequence[ClassifierSpec],
    strategy: StrategyConfig | None = None,
    endpoints: Sequence[Endpoint] = (),
) -> Load:
    """The load of labelling conversations by every classifier.

    Members of a shared request share its instructions; a grader reads everything a second time. Requests that follow from
    replies are not included, since their number is unknown.

    Args:
        conversations: number of conversations.
        text_tokens: of all conversations together.
        endpoints: that may answer; the one that is expected to think longest determines the tokens of thoughts.
    """
    strategy = strategy or StrategyConfig()
    frames = [frame_of(spec) for spec in specs]
    instructions = sum(frame.estimated_tokens - frame.max_output_tokens for frame in frames)
    replies = sum(spec.answer_kind.reply_tokens for spec in specs)
    longest = max(1, strategy.pack_tokens * conversations // max(1, text_tokens))
    packs = -(-conversations // min(strategy.pack, longest))
    texts = min(1, len(specs)) if strategy.combine else len(specs)
    readings = 1 if strategy.plain or not strategy.grader else 2
    thoughts = sum(thought_tokens(endpoints, spec.reasoning_effort) for spec in specs) * texts // max(1, len(specs))
    return Load(
        packs * texts * readings,
        (packs * instructions + text_tokens * texts) * readings,
        conversations * replies + packs * thoughts * readings,
    )


def thought_tokens(endpoints: Sequence[Endpoint], effort: ReasoningEffort | None) -> int:
    """Tokens of thought expected of a reply, at the endpoint that is expected to think longest; 0 where none is asked to.

    A part of the headroom (`endpoints.reasoning.EXPECTED_SHARE`), not a measurement. `effort`: the prompt's.
    """
    return max((endpoint.reasoning.expected_tokens(effort) for endpoint in endpoints), default=0)


def cost_usd(load: Load, endpoints: Sequence[Endpoint], lane: Lane) -> float | None:
    """Cost of a load at the most expensive endpoint of a lane; None if a price is unknown or no endpoint offers the lane."""
    prices = [endpoint.price for endpoint in endpoints if lane in endpoint.lanes]
    known = [price for price in prices if price is not None]
    if not prices or len(known) < len(prices):
        return None
    return max(price.cost_usd(load.input_tokens, load.output_tokens, lane) for price in known)

"""What an endpoint is, what it is asked and what it answers; no wire format, no SDK."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, NamedTuple, Self

import orjson

from semtel_ops.settings.config_model import ConfigModel


class Lane(StrEnum):
    """How a request reaches a model."""

    REALTIME = "realtime"
    """Immediately."""
    BATCH = "batch"
    """In batch jobs, cheaper and within about a day."""
    FLEX = "flex"
    """Immediately, cheaper, and answered when the provider has capacity."""
    EMBEDDING = "embedding"
    """Embedding vectors instead of replies."""


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens; the discounts are what the batch and flex lanes cost as a share of that (0.5 = half)."""

    input_per_million: float
    output_per_million: float
    batch_discount: float = 0.5
    flex_discount: float = 0.5

    def share(self, lane: Lane) -> float:
        """What a lane costs as a share of the realtime price."""
        return {Lane.BATCH: self.batch_discount, Lane.FLEX: self.flex_discount}.get(lane, 1.0)

    def cost_usd(self, input_tokens: int, output_tokens: int, lane: Lane = Lane.REALTIME) -> float:
        full = (input_tokens * self.input_per_million + output_tokens * self.output_per_million) / 1_000_000
        return full * self.share(lane)


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings a person configured; None where the endpoint's own behaviour decides."""

    rpm: int | None = None
    tpm: int | None = None
    enqueued_tokens: int | None = None
    max_concurrency: int | None = None


class MissingRequirement(NamedTuple):
    """Why an endpoint cannot be used on this machine: which of its settings, its value, and what to do about it."""

    setting: str
    value: object
    fix: str


class KindOptions(ConfigModel):
    """Settings that only one kind of endpoint has. A kind without any uses this class as it is."""

    @classmethod
    def of(cls, endpoint: "Endpoint") -> Self:
        """The options of an endpoint, as those of its kind."""
        if not isinstance(endpoint.options, cls):
            raise TypeError(f"endpoint {endpoint.name!r} of kind {endpoint.kind!r} has no {cls.__name__}")
        return endpoint.options

    @property
    def needs_key(self) -> bool:
        """Whether a key identifies us, where the endpoint asks for one at all; otherwise `api_key_env` is refused."""
        return True

    def missing_requirement(self) -> MissingRequirement | None:
        """What this machine lacks, such as an optional package; None where it lacks nothing."""
        return None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A deployment that answers.

    Attributes:
        name: unique in a run; label rows carry it.
        kind: one of `factory.KINDS`.
        model: what is sent as `model`, and what the request key is made of (Azure: the deployment's model).
        api_key: never shown; None for endpoints that ask for none.
        price: None where the model's price is unknown: its rows cost None, not 0.
        weight: relative preference when several endpoints are free.
        service_tier: sent with each call, where a tier other than the standard one is wanted.
        options: settings of its kind's own.
    """

    name: str
    kind: str
    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    lanes: tuple[Lane, ...] = (Lane.REALTIME,)
    limits: Limits = Limits()
    price: Price | None = None
    weight: float = 1.0
    service_tier: str | None = None
    options: KindOptions = field(default_factory=KindOptions)


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, eq=False)
class RequestFrame:
    """All that is the same in every request of one kind: what comes before the text, and how to answer.

    Frames are few (one for each classifier or combination) and requests many, so what can be computed once lives here.

    Attributes:
        messages: sent before the request's own text, in order.
        schema: JSON schema of the reply for `response_format`, or None for a plain text reply.
        max_output_tokens: ceiling of the reply.
    """

    messages: tuple[Message, ...]
    schema_name: str
    schema: Mapping[str, Any] | None
    max_output_tokens: int
    temperature: float | None = 0.0
    seed: int | None = None

    @cached_property
    def estimated_tokens(self) -> int:
        """The part of `ChatRequest.estimated_tokens` that is the same for all."""
        return sum(len(message.content) // 4 + 4 for message in self.messages) + self.max_output_tokens

    @cached_property
    def fingerprint(self) -> bytes:
        """16 bytes that differ when anything in the frame does."""
        spelled = orjson.dumps(
            [
                [[message.role, message.content] for message in self.messages],
                self.schema_name,
                self.schema,
                self.max_output_tokens,
                self.temperature,
                self.seed,
            ],
            option=orjson.OPT_SORT_KEYS,
        )
        return hashlib.blake2b(spelled, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One call: a frame, the text that is asked about, and messages after it (a second try shows the first reply)."""

    frame: RequestFrame
    text: str
    follow_up: tuple[Message, ...] = ()

    @property
    def estimated_tokens(self) -> int:
        """What a provider's admission counts for this call: the prompt, about four characters a token, and max_tokens."""
        after = sum(len(message.content) for message in self.follow_up)
        return self.frame.estimated_tokens + (len(self.text) + after) // 4

    def key(self, model: str) -> str:
        """Identity of the call by content: 32 hex digits; equal calls to equal models have equal keys.

        The key never holds an attempt number, a run, an endpoint's name, a service tier or a response mode: what was paid for
        once is found again whoever asks.
        """
        digest = hashlib.blake2b(self.frame.fingerprint, digest_size=16)
        digest.update(model.encode())
        digest.update(b"\x00")
        digest.update(self.text.encode("utf-8", "surrogatepass"))
        for message in self.follow_up:
            digest.update(f"\x00{message.role}\x00{message.content}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"  # the model declined in words of its own (`message.refusal`)
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What a reply says of our quota; None where the endpoint is silent. Resets in seconds from the reply."""

    limit_requests: int | None = None
    remaining_requests: int | None = None
    reset_requests_s: float | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None
    reset_tokens_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came back.

    Attributes:
        text: the message's content as sent; may be empty, cut or garbage.
        input_tokens, output_tokens: as billed by the provider; 0 where it does not say.
        latency_s: from sending to the last byte; 0 in the batch lane, where no line says it.
        lane: realtime, flex where that tier answered, or batch: what the reply is billed at.
    """

    text: str
    finish_reason: FinishReason
    model: str
    input_tokens: int
    output_tokens: int
    latency_s: float
    rate_limits: RateLimits | None = None
    lane: Lane = Lane.REALTIME

"""Endpoints, requests and replies as values, independent of wire formats and SDKs."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol, Self

import orjson

from semtel_ops.endpoints.reasoning import UNSET, Reasoning
from semtel_ops.settings.config_model import ConfigModel
from semtel_ops.words import ReasoningEffort


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
    """USD per million tokens; the discounts are the price of the batch and flex lanes as a fraction of it (0.5: half)."""

    input_per_million: float
    output_per_million: float
    batch_discount: float = 0.5
    flex_discount: float = 0.5

    def share(self, lane: Lane) -> float:
        """The price of a lane as a fraction of the realtime price."""
        return {Lane.BATCH: self.batch_discount, Lane.FLEX: self.flex_discount}.get(lane, 1.0)

    def cost_usd(self, input_tokens: int, output_tokens: int, lane: Lane = Lane.REALTIME) -> float:
        full = (input_tokens * self.input_per_million + output_tokens * self.output_per_million) / 1_000_000
        return full * self.share(lane)


@dataclass(frozen=True, slots=True)
class Limits:
    """Configured upper bounds, as `LimitsConfig` of `catalog` describes; None where only the endpoint's behaviour decides."""

    rpm: int | None = None
    tpm: int | None = None
    enqueued_tokens: int | None = None
    max_concurrency: int | None = None


class MissingRequirement(NamedTuple):
    """Why an endpoint cannot be used on this machine: the setting, its value, and what to do about it."""

    setting: str
    value: object
    fix: str


class KindOptions(ConfigModel):
    """Base of the settings that only one kind of endpoint has; a kind without such settings uses this class."""

    @classmethod
    def of(cls, endpoint: "Endpoint") -> Self:
        """The options of an endpoint as this class.

        Raises:
            TypeError: the endpoint is of another kind.
        """
        if not isinstance(endpoint.options, cls):
            raise TypeError(f"endpoint {endpoint.name!r} of kind {endpoint.kind!r} has no {cls.__name__}")
        return endpoint.options

    @property
    def needs_key(self) -> bool:
        """Whether the endpoint authenticates by API key, if at all; if not, `api_key_env` is an error."""
        return True

    def missing_requirement(self) -> MissingRequirement | None:
        """What this machine lacks, such as an optional package; None if nothing."""
        return None


class AskedModel(NamedTuple):
    """What a request is addressed to, as far as it can change the answer: part of the request's key."""

    name: str
    reasoning: Reasoning = UNSET


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A deployment of a model that answers requests.

    Attributes:
        name: unique in a run; recorded in label rows.
        kind: a key of `factory.KINDS`.
        model: sent as `model`, and part of the request key (Azure: the model of the deployment).
        api_key: never shown; None for endpoints without authentication.
        price: None if the model's price is unknown; its rows then cost None, not 0.
        weight: relative preference when several endpoints are free.
        service_tier: sent with each request; None for the standard tier.
        reasoning: what is asked of requests whose prompt names no effort.
        options: settings that only this kind of endpoint has.
        read_key: reads the key again where it is kept, after it was refused; None: the key is all there is.
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
    reasoning: Reasoning = UNSET
    options: KindOptions = field(default_factory=KindOptions)
    read_key: Callable[[], str | None] | None = field(default=None, repr=False, compare=False)

    @property
    def reasoning_effort(self) -> ReasoningEffort | None:
        """The effort that is asked of requests whose prompt names none."""
        return self.reasoning.effort

    @property
    def asked(self) -> AskedModel:
        """What its requests are addressed to: part of their keys."""
        return AskedModel(self.model, self.reasoning)


class NamedEndpoint(Protocol):
    """An endpoint, or its entry in endpoints.yaml."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, eq=False)
class RequestFrame:
    """What many requests have in common: the messages before the text, the format of the reply, and parameters.

    There are few frames (one per classifier or combination of classifiers) and many requests, so what can be computed once is
    cached here. Frames are compared by identity.

    Attributes:
        messages: sent before the text of the request, in order.
        schema: JSON schema of the reply for `response_format`, or None for a plain text reply.
        max_output_tokens: upper bound of the answer; thoughts have room of their own (`reasoning`).
        reasoning_effort: None: that of the endpoint.
    """

    messages: tuple[Message, ...]
    schema_name: str
    schema: Mapping[str, Any] | None
    max_output_tokens: int
    temperature: float | None = 0.0
    seed: int | None = None
    reasoning_effort: ReasoningEffort | None = None

    @cached_property
    def estimated_tokens(self) -> int:
        """The part of `ChatRequest.estimated_tokens` that all requests of this frame have."""
        return sum(len(message.content) // 4 + 4 for message in self.messages) + self.max_output_tokens

    @cached_property
    def fingerprint(self) -> bytes:
        """16 bytes, a hash of all fields: part of the request key, so it must not change for equal frames."""
        fields: list[Any] = [
            [[message.role, message.content] for message in self.messages],
            self.schema_name,
            self.schema,
            self.max_output_tokens,
            self.temperature,
            self.seed,
        ]
        if self.reasoning_effort is not None:  # absent where there is none, as in the keys of replies that are already stored
            fields.append(self.reasoning_effort)
        return hashlib.blake2b(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request: a frame, the text, and messages after the text (a repeated question shows the unusable reply)."""

    frame: RequestFrame
    text: str
    follow_up: tuple[Message, ...] = ()

    @property
    def estimated_tokens(self) -> int:
        """Tokens that a provider counts at admission, without those for thoughts: four characters a token, and max_tokens."""
        follow_up = sum(len(message.content) for message in self.follow_up)
        return self.frame.estimated_tokens + (len(self.text) + follow_up) // 4

    def key(self, model: AskedModel | str) -> str:
        """Identity of the request by content, 32 hex digits: equal requests to equal models have equal keys.

        The key never depends on the attempt, run, endpoint, service tier or dialect, so every run and lane can reuse a reply
        that was paid for once. It depends on the reasoning effort that is asked for and its headroom, where there is one.
        `model`: a name alone where no effort is set.
        """
        digest = hashlib.blake2b(self.frame.fingerprint, digest_size=16)
        name, reasoning = (model, UNSET) if isinstance(model, str) else model
        digest.update(name.encode())
        effort = reasoning.effort_of(self.frame.reasoning_effort)
        if effort is not None:
            digest.update(f"\x01{effort}\x01{reasoning.room_tokens(effort)}".encode())
        digest.update(b"\x00")
        digest.update(self.text.encode("utf-8", "surrogatepass"))
        for message in self.follow_up:
            digest.update(f"\x00{message.role}\x00{message.content}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


class FinishReason(StrEnum):
    """Why a reply ended, in OpenAI's terms."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"  # the model declined to answer (`message.refusal`)
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The rate-limit headers of a reply; None for an absent header. Resets are in seconds from the reply."""

    limit_requests: int | None = None
    remaining_requests: int | None = None
    reset_requests_s: float | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None
    reset_tokens_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChatReply:
    """The reply to a request.

    Attributes:
        text: content of the message; may be empty, truncated or malformed. Reasoning without an answer is inside `<think>`.
        input_tokens, output_tokens: as billed by the provider, or our estimate if it does not say.
        reasoning_tokens: those of `output_tokens` that are thoughts; None where the provider does not say.
        latency_s: from sending to the last byte; 0 in the batch lane, where it is unknown.
        lane: by whose price the reply is billed: realtime, flex if that tier answered, or batch.
        model: name of the model that answered as the reply says it, which may be a dated version of the requested model; the
            requested model if the reply names none.
        usage_estimated: whether a count of tokens is our estimate. `input_tokens` is then 0 until the request is known, see
            `usage.with_estimate`.
        system_fingerprint: the provider's id of the configuration that answered, if it gives one.
    """

    text: str
    finish_reason: FinishReason
    model: str
    input_tokens: int
    output_tokens: int
    latency_s: float
    rate_limits: RateLimits | None = None
    lane: Lane = Lane.REALTIME
    usage_estimated: bool = False
    system_fingerprint: str | None = None
    reasoning_tokens: int | None = None

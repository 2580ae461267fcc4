"""What the journal stores: the identity of a request, its outcome, and the columns of both."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple, Self

import pyarrow as pa

from semtel_ops.endpoints.model import ChatReply, Endpoint, FinishReason, Lane
from semtel_ops.store.tables import arrow_column

JOURNAL = pa.schema(
    [
        arrow_column("key", pa.binary(16), "Content key of the request (`ChatRequest.key`): text, prompt, model, settings."),
        arrow_column("frame", pa.binary(16), "Fingerprint of prompt version and model settings (`RequestFrame.fingerprint`)."),
        arrow_column("bucket", pa.uint8(), "0 to 255: first two hex digits of the first conversation's content hash."),
        arrow_column("run_id", pa.string(), "Run that paid for the reply."),
        arrow_column(
            "text", pa.string(), "The reply as sent. It may quote the conversation.", null="`error` says why there is none"
        ),
        arrow_column("finish_reason", pa.string(), "Why the model stopped.", values=FinishReason),
        arrow_column(
            "error", pa.string(), "A permanent failure, which a repetition would not change.", null="there is a reply"
        ),
        arrow_column("endpoint", pa.string(), "Name of the endpoint that answered."),
        arrow_column("model", pa.string(), "Model that was asked, as endpoints.yaml names it."),
        arrow_column("lane", pa.string(), "Lane that answered.", values=("realtime", "batch", "flex")),
        arrow_column("input_tokens", pa.int64(), "Prompt tokens that the endpoint counted.", unit="tokens"),
        arrow_column("output_tokens", pa.int64(), "Reply tokens that the endpoint counted.", unit="tokens"),
        arrow_column("cost_usd", pa.float64(), "What the reply cost.", unit="USD", null="the model has no known price"),
        arrow_column("latency_ms", pa.float64(), "From sending to the whole reply; 0 in batches.", unit="milliseconds"),
        arrow_column("attempts", pa.int32(), "Calls that were made for the reply.", unit="calls"),
        arrow_column("answered_at", pa.float64(), "When the reply arrived.", unit="seconds since 1970, UTC"),
        arrow_column(
            "usage_estimated",
            pa.bool_(),
            "Whether tokens and cost are our estimate, since the endpoint gave no plausible count.",
            null="the record is older than this column",
        ),
        arrow_column(
            "about",
            pa.list_(pa.binary(8)),
            "`about_id` of each conversation in the request, by which `semtel forget` finds its replies.",
            null="the record is older than this column",
        ),
        arrow_column(
            "served_model",
            pa.string(),
            "Model that answered, as the reply names it; `model` if it names none.",
            null="there is no reply, or the record is older than this column",
        ),
        arrow_column(
            "system_fingerprint",
            pa.string(),
            "The provider's id of the configuration that answered.",
            null="the reply has none, or the record is older than this column",
        ),
        arrow_column(
            "reasoning_effort",
            pa.string(),
            "Effort that the endpoint's settings asked for.",
            null="they name none, or the record is older than this column",
        ),
    ]
)
"""`journal/<lo>-<hi>.<written at, ms>.<random>.parquet`: one record for each (request, run), never changed."""


class RequestIdentity(NamedTuple):
    """Identity of a request in the journal.

    Attributes:
        key: 32 hex digits, `ChatRequest.key`.
        frame: `RequestFrame.fingerprint`, 16 bytes.
        bucket: 0-255, from the content hash of the request's first conversation.
        about: `about_id` of each conversation in the request; empty: not known.
    """

    key: str
    frame: bytes
    bucket: int
    about: tuple[bytes, ...] = ()


def about_id(conversation_id: str) -> bytes:
    """8 bytes that stand for a conversation in the journal, which knows requests and not ids."""
    return hashlib.blake2b(conversation_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """The outcome of a request, stored so that the request need not be sent again.

    Attributes:
        key: 32 hex digits, `ChatRequest.key`.
        frame: `RequestFrame.fingerprint`, 16 bytes.
        bucket: 0-255, from the content hash of the request's first conversation.
        run_id: the run that paid for it.
        text: the reply, unchanged; None if there is an `error`.
        error: an `EndpointErrorKind` that a repetition would not change (a refusal), or None.
        attempts: calls that were made.
        answered_at: seconds since 1970 UTC.
        usage_estimated: whether tokens and cost are our estimate; the cost is None where the input cannot be estimated.
        about: `about_id` of each conversation in the request; empty: not known.
        model: the model that was asked; part of the key.
        served_model: the model that answered, as the reply names it.
        system_fingerprint: the provider's id of the configuration that answered.
        reasoning_effort: `Endpoint.reasoning_effort`.
    """

    key: str
    frame: bytes
    bucket: int
    run_id: str
    text: str | None
    finish_reason: str
    error: str | None
    endpoint: str
    model: str
    lane: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    latency_ms: float
    attempts: int
    answered_at: float
    usage_estimated: bool = False
    about: tuple[bytes, ...] = ()
    served_model: str | None = None
    system_fingerprint: str | None = None
    reasoning_effort: str | None = None

    @classmethod
    def of(
        cls,
        request: RequestIdentity,
        endpoint: Endpoint,
        answer: ChatReply | str,
        *,
        lane: Lane,
        run_id: str,
        attempts: int,
        now: float,
    ) -> Self:
        """Make the outcome of a request.

        Args:
            answer: the reply, or the reason why there is none, such as an `EndpointErrorKind`; without a reply, the cost is 0.
            lane: in which the request was sent; if the reply names another lane, that lane is stored.
            now: seconds since 1970.
        """
        reply = None if isinstance(answer, str) else answer
        cost_usd: float | None = 0.0
        if reply is not None:
            price = None if reply.usage_estimated and not reply.input_tokens else endpoint.price
            cost_usd = None if price is None else price.cost_usd(reply.input_tokens, reply.output_tokens, reply.lane)
        return cls(
            key=request.key,
            frame=request.frame,
            bucket=request.bucket,
            about=request.about,
            run_id=run_id,
            text=reply.text if reply else None,
            finish_reason=(reply.finish_reason if reply else FinishReason.OTHER).value,
            error=None if reply else str(answer),
            endpoint=endpoint.name,
            model=endpoint.model,
            lane=(reply.lane if reply else lane).value,
            input_tokens=reply.input_tokens if reply else 0,
            output_tokens=reply.output_tokens if reply else 0,
            cost_usd=cost_usd,
            latency_ms=reply.latency_s * 1000.0 if reply else 0.0,
            attempts=attempts,
            answered_at=now,
            usage_estimated=reply is not None and reply.usage_estimated,
            served_model=reply.model if reply else None,
            system_fingerprint=reply.system_fingerprint if reply else None,
            reasoning_effort=endpoint.reasoning_effort,
        )

    def check(self) -> None:
        """Check that the journal can store it.

        Raises:
            OverflowError: a count does not fit into a column.
            UnicodeEncodeError: a text is no Unicode text.
        """
        for tokens in (self.input_tokens, self.output_tokens):
            if not 0 <= tokens < 2**63:
                raise OverflowError("a count of tokens is out of range")
        for text in (self.text, self.error):
            if text is not None and not text.isascii():
                text.encode()

"""Arrow schemas of everything that rests in the lake: the contracts between tasks, and with those who read them."""

from collections.abc import Sequence
from enum import StrEnum

import pyarrow as pa


class RowStatus(StrEnum):
    """How a (conversation, classifier) ended; the words follow Airflow's own batch manifest."""

    SUCCESS = "success"
    INVALID_OUTPUT = "invalid_output"  # asked twice, still unreadable
    REFUSED = "refused"  # content filter, or the model declined
    ERROR = "error"  # no usable reply within the attempts
    EXPIRED = "expired"  # the batch ended before it was asked
    MISSING = "missing"  # the shard never landed


_TURNS = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))


def turns_column(ends: Sequence[int], roles: Sequence[str], contents: Sequence[str]) -> pa.ListArray:
    """The column `turns` from all turns of a batch: row i has those from `ends[i]` up to `ends[i + 1]`; `ends` begins with 0.

    Much quicker than from dicts.
    """
    turns = pa.StructArray.from_arrays(
        [pa.array(roles, pa.string()), pa.array(contents, pa.string())], fields=list(_TURNS.value_type)
    )
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), turns, type=_TURNS)


STAGED = pa.schema(
    [
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("sample_key", pa.string(), nullable=False),  # 16 hex digits of md5(salt || id), the order of sampling
        pa.field("started_at", pa.timestamp("us", tz="UTC")),
        pa.field("language", pa.string()),
        pa.field("turns", _TURNS, nullable=False),
        pa.field("chars", pa.int64(), nullable=False),
        pa.field("n_turns", pa.int32(), nullable=False),
        pa.field("place", pa.string(), nullable=False),  # file and record, for the quarantine
        pa.field("labels_json", pa.string()),  # labels that came with the record
    ]
)
"""What extract writes, one file a part: read, dated, scrubbed, and through the sampling rate; not yet deduplicated."""

CONVERSATIONS = pa.schema(
    [
        pa.field("week", pa.string(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("started_at", pa.timestamp("us", tz="UTC")),
        pa.field("language", pa.string()),
        pa.field("turns", _TURNS, nullable=False),
        pa.field("chars", pa.int64(), nullable=False),
        pa.field("sample_weight", pa.float64(), nullable=False),
        pa.field("stratum", pa.string()),
        pa.field("labels_json", pa.string()),
    ]
)
"""lake/conversations: the week's sample, deduplicated and scrubbed."""

PREPARED = pa.schema(
    [
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("sample_weight", pa.float64(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("turns", _TURNS, nullable=False),  # as they will be sent
        pa.field("original_tokens", pa.int64()),  # None where the size made counting needless (it fits for certain)
        pa.field("truncated_tokens", pa.int64(), nullable=False),
        pa.field("compression_ratio", pa.float64(), nullable=False),  # sent / original characters, 1.0 = untouched
    ]
)
"""lake/prepared: the text as it will be sent, with what was cut."""

LABELS = pa.schema(
    [
        pa.field("week", pa.string(), nullable=False),
        pa.field("run_id", pa.string(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("classifier", pa.string(), nullable=False),
        pa.field("classifier_version", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("labels", pa.list_(pa.string())),
        pa.field("score", pa.float64()),
        pa.field("confidence", pa.float64()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("matched_by", pa.string()),
        pa.field("lane", pa.string()),
        pa.field("endpoint", pa.string()),
        pa.field("model", pa.string()),
        pa.field("request_key", pa.string()),
        pa.field("packed_with", pa.int32(), nullable=False),  # members in the request that decided, this one included
        pa.field("strategy", pa.string()),  # how it was asked first: plain, packed, combined, packed+combined
        pa.field("truncated_tokens", pa.int64(), nullable=False),
        pa.field("compression_ratio", pa.float64(), nullable=False),
        pa.field("input_tokens", pa.int64(), nullable=False),
        pa.field("output_tokens", pa.int64(), nullable=False),
        pa.field("cost_usd", pa.float64()),  # None where the model has no known price
        pa.field("latency_ms", pa.float64()),
        pa.field("attempts", pa.int32(), nullable=False),  # calls made for this row, in all runs; 0: none of its own
        pa.field("calls", pa.float64(), nullable=False),  # its part of these calls: the sum over rows is the number of calls
        pa.field("reused", pa.bool_(), nullable=False),  # every reply it rests on, or the row itself, is another run's
        pa.field("error", pa.string()),  # kind of the last failure for a row that is not a success
        pa.field("raw_reply", pa.string()),  # only when it could not be read
        pa.field("sample_weight", pa.float64(), nullable=False),
        pa.field("classified_at", pa.timestamp("us", tz="UTC")),
        pa.field("carried_from", pa.string()),  # the run that labelled it, where that is not `run_id`
    ]
)
"""lake/labels: one row per (conversation, classifier), whatever became of it."""

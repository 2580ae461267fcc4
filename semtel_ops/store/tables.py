"""Arrow schemas of the files in the lake: contracts between tasks, and with readers of the lake.

Descriptions are in the metadata of the fields, so that every Parquet file of the lake describes its columns.
"""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from semtel_ops.store.description import Description
from semtel_ops.words import RowStatus


def arrow_column(
    name: str, kind: pa.DataType, text: str, *, unit: str = "", null: str | None = None, values: Iterable[str] = ()
) -> pa.Field:
    """A field of an Arrow schema; nullable if `null` gives the meaning of null."""
    metadata = {"description": text, "unit": unit, "null": null or "", "values": " ".join(values)}
    return pa.field(name, kind, nullable=null is not None, metadata={key: value for key, value in metadata.items() if value})


def describe_field(field: pa.Field) -> Description:
    """The description that `arrow_column` was given."""
    metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return {
        "text": metadata.get("description", ""),
        "unit": metadata.get("unit", ""),
        "null": metadata.get("null", "") if field.nullable else None,
        "values": metadata.get("values", "").split(),
    }


_TURNS = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))


def turns_column(ends: Sequence[int], roles: Sequence[str], contents: Sequence[str]) -> pa.ListArray:
    """Make the column `turns` from all turns of a batch, which is much faster than from dicts.

    Args:
        ends: row i has the turns from `ends[i]` up to but not including `ends[i + 1]`; begins with 0.
        roles, contents: of all turns.
    """
    turns = pa.StructArray.from_arrays(
        [pa.array(roles, pa.string()), pa.array(contents, pa.string())], fields=list(_TURNS.value_type)
    )
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), turns, type=_TURNS)


_STRATEGIES = ("plain", "packed", "combined", "packed+combined")
_LANES = ("realtime", "batch", "flex")
_NO_REPLY = "the shard never landed (`missing`)"
_NOT_SUCCESS = "the row is not a success"
_OLDER = "an earlier release wrote the row"

_ID = arrow_column(
    "conversation_id", pa.string(), "Id of the record, or `content_hash` if it has none; `h-` and a hash as `source.ids` says."
)
_HASH = arrow_column(
    "content_hash", pa.string(), "BLAKE2b of roles and contents before scrubbing, 32 hex digits: equal for equal turns."
)
_STARTED_AT = arrow_column(
    "started_at", pa.timestamp("us", tz="UTC"), "When the conversation began.", null="the record has no date"
)
_LANGUAGE = arrow_column(
    "language",
    pa.string(),
    "Language as given in the record, usually ISO 639-1.",
    null="the record gives no tag or name of a language",
)
_CHARS = arrow_column("chars", pa.int64(), "Length of all contents after scrubbing.", unit="characters")
_LABELS_JSON = arrow_column(
    "labels_json",
    pa.string(),
    "JSON object of golden labels in the record; each key is the id of a classifier. Texts are scrubbed.",
    null="the record has none",
)
_WEIGHT = arrow_column(
    "sample_weight",
    pa.float64(),
    "Conversations of the week's population that this conversation represents.",
    unit="conversations",
)
_RATIO = arrow_column(
    "compression_ratio", pa.float64(), "Characters after compression / before; 1.0: not compressed.", unit="ratio"
)
_WEEK = arrow_column("week", pa.string(), "ISO week, such as 2026-W47.")
_SHARD = arrow_column("shard", pa.int32(), "Number of the shard, from 0.")

STAGED = pa.schema(
    [
        _ID,
        _HASH,
        arrow_column("sample_key", pa.string(), "First 16 hex digits of md5(salt || id): the order of sampling."),
        _STARTED_AT,
        _LANGUAGE,
        arrow_column("turns", _TURNS, "Turns in order, with personal data replaced."),
        _CHARS,
        arrow_column("n_turns", pa.int32(), "Number of turns."),
        arrow_column("place", pa.string(), "File and record, for the quarantine."),
        _LABELS_JSON,
    ]
)
"""`staged/…/part=NNNN.parquet`: records of a part after selection by date and rate and scrubbing; with duplicates.

Removed when the sample is written.
"""

CONVERSATIONS = pa.schema(
    [
        _WEEK,
        _SHARD,
        _ID,
        _HASH,
        _STARTED_AT,
        _LANGUAGE,
        arrow_column("turns", _TURNS, "Turns in order, with personal data replaced."),
        _CHARS,
        _WEIGHT,
        arrow_column(
            "stratum", pa.string(), "Stratum of the conversation, as `sample.strata` defines it.", null="sampling has no strata"
        ),
        _LABELS_JSON,
    ]
)
"""`conversations/week=…/shard=NNNN.parquet`: the week's sample, deduplicated and scrubbed; all runs of the week share it."""

PREPARED = pa.schema(
    [
        _ID,
        _HASH,
        _WEIGHT,
        _LANGUAGE,
        arrow_column("turns", _TURNS, "Turns as they are sent: compressed, then truncated."),
        arrow_column(
            "original_tokens",
            pa.int64(),
            "Length before compression and truncation, in tokens of o200k_base.",
            unit="tokens",
            null="not counted, since its size in bytes is within the budget",
        ),
        arrow_column("truncated_tokens", pa.int64(), "Tokens that truncation removed; 0: none.", unit="tokens"),
        _RATIO,
    ]
)
"""`prepared/…/shard=NNNN.parquet`: the text as it is sent, and how much was removed."""

LABELS = pa.schema(
    [
        _WEEK,
        arrow_column("run_id", pa.string(), "Run that the row belongs to."),
        _SHARD,
        _ID,
        arrow_column("classifier", pa.string(), "Id of the classifier: the name of its file in `include/prompts/`."),
        arrow_column("classifier_version", pa.string(), "`version` of that file."),
        arrow_column(
            "label",
            pa.string(),
            "Id of the label; if several apply, the first; for a rubric, the verdict derived from the score.",
            null=_NOT_SUCCESS,
        ),
        arrow_column(
            "labels",
            pa.list_(pa.string()),
            "All labels of a `many_of` classifier, or the items of a rubric that apply.",
            null="the classifier gives one label, or the row is not a success",
        ),
        arrow_column(
            "score",
            pa.float64(),
            "Scale: the level, from 1. Rubric: points for, minus points against.",
            null="neither a scale nor a rubric, or not a success",
        ),
        arrow_column(
            "confidence",
            pa.float64(),
            "The model's own confidence, 0 to 1.",
            null="the classifier does not ask for it, or the row is not a success",
        ),
        arrow_column("status", pa.string(), "Status of the row.", values=RowStatus),
        arrow_column(
            "matched_by",
            pa.string(),
            "How the reply became a label, from certain to least certain.",
            null=_NOT_SUCCESS,
            values=("exact", "normalised", "alias", "near", "relabelled"),
        ),
        arrow_column("lane", pa.string(), "Lane that gave the deciding reply.", null=_NO_REPLY, values=_LANES),
        arrow_column("endpoint", pa.string(), "Name of the endpoint that gave the deciding reply.", null=_NO_REPLY),
        arrow_column("model", pa.string(), "Model that was asked for the deciding reply.", null=_NO_REPLY),
        arrow_column("request_key", pa.string(), "Key of the deciding request in the journal, 32 hex digits.", null=_NO_REPLY),
        arrow_column(
            "packed_with", pa.int32(), "Members of the deciding request, including this row; 0: `missing`.", unit="members"
        ),
        arrow_column("strategy", pa.string(), "Packing of the first request for the row.", null=_NO_REPLY, values=_STRATEGIES),
        arrow_column("truncated_tokens", pa.int64(), "Tokens that truncation removed from the conversation.", unit="tokens"),
        _RATIO,
        arrow_column(
            "input_tokens", pa.int64(), "The row's part of the prompt tokens of all calls made for it.", unit="tokens"
        ),
        arrow_column(
            "output_tokens", pa.int64(), "The row's part of the reply tokens of all calls made for it.", unit="tokens"
        ),
        arrow_column(
            "cost_usd",
            pa.float64(),
            "The row's part of the cost of these calls, whichever run paid.",
            unit="USD",
            null="a model has no known price",
        ),
        arrow_column(
            "latency_ms",
            pa.float64(),
            "Sum of the latencies of these calls; 0 in batches.",
            unit="milliseconds",
            null=_NO_REPLY,
        ),
        arrow_column("attempts", pa.int32(), "Calls made for the row, in all runs.", unit="calls"),
        arrow_column(
            "calls", pa.float64(), "The row's part of these calls: the sum over rows is the number of calls.", unit="calls"
        ),
        arrow_column("reused", pa.bool_(), "Whether another run paid for all replies for the row, or for the row itself."),
        arrow_column(
            "error",
            pa.string(),
            "Why there is no label: an error of the endpoint, a finish reason, or a problem of the reply.",
            null="the row is a success",
        ),
        arrow_column(
            "raw_reply",
            pa.string(),
            "The unreadable reply, at most 4,000 characters. It may quote the conversation.",
            null="the row's status is not `invalid_output`",
        ),
        _WEIGHT,
        arrow_column("classified_at", pa.timestamp("us", tz="UTC"), "When the deciding reply arrived.", null=_NO_REPLY),
        arrow_column(
            "carried_from",
            pa.string(),
            "Run that labelled the row, if a reprocess carried it over.",
            null="the run of `run_id` labelled it",
        ),
        arrow_column(
            "served_model",
            pa.string(),
            "Model that gave the deciding reply, as the reply names it; `model` if it names none.",
            null=f"{_NO_REPLY}, the endpoint gave an error, or {_OLDER}",
        ),
        arrow_column(
            "system_fingerprint",
            pa.string(),
            "The provider's id of the configuration that gave the deciding reply.",
            null=f"the reply has none, or {_OLDER}",
        ),
        arrow_column(
            "labeller",
            pa.string(),
            "Id of the labeller, 16 hex digits: served model, prompt, parameters and strategy; see the table `labeller`.",
            null=f"{_NO_REPLY}, the endpoint gave an error, or {_OLDER}",
        ),
    ]
)
"""`landed/…` and `labels/week=…`: a row for each conversation and classifier, which are the key, whatever its status."""

NEWER_LABELS: Mapping[str, pa.DataType] = {
    name: LABELS.field(name).type for name in ("served_model", "system_fingerprint", "labeller")
}
"""Columns that label rows of earlier releases lack; readers take them as null."""

"""Prepared text: each conversation of a shard compressed and truncated to what will be sent."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.errors import DamagedFileError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import TokensConfig
from semtel_ops.shards.carry_over import not_asked_about
from semtel_ops.store.parquet import read_batches, read_rows, records
from semtel_ops.store.seal import verify
from semtel_ops.store.tables import PREPARED, turns_column
from semtel_ops.tokens import Compressed, Compressor, TiktokenCounter, TokenCounter, Truncated, make_compressor, truncate
from semtel_ops.tokens.truncate import certainly_fits, cost_tokens

log = logging.getLogger(__name__)

_COLUMNS: Final = ("conversation_id", "content_hash", "sample_weight", "language", "turns")
_ROLES: Final = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A conversation as it will be sent.

    Attributes:
        original_tokens: tokens before truncation; None if the size in bytes alone shows that it fits.
        truncated_tokens: what truncation cut; 0 = nothing.
        compression_ratio: characters after compression / before; 1.0 = untouched.
    """

    turns: tuple[Turn, ...]
    original_tokens: int | None
    truncated_tokens: int
    compression_ratio: float


def prepare_turns(turns: Sequence[Turn], config: TokensConfig, counter: TokenCounter, compressor: Compressor) -> Prepared:
    """Compress, then truncate to `config.max_per_conversation`. Equal turns come out equal."""
    compressed = compressor.compress(turns)
    cut = truncate(compressed.turns, config.max_per_conversation, config.truncation, counter)
    return Prepared(cut.turns, _original_tokens(turns, compressed, cut, config, counter), cut.cut_tokens, compressed.ratio)


def _original_tokens(
    turns: Sequence[Turn], compressed: Compressed, cut: Truncated, config: TokensConfig, counter: TokenCounter
) -> int | None:
    if compressed.turns == tuple(turns):
        return cut.original_tokens
    return None if certainly_fits(turns, config.max_per_conversation) else cost_tokens(turns, counter)


@dataclass(slots=True)
class PreparedTotals:
    """Sums over prepared conversations."""

    rows: int = 0
    truncated: int = 0
    truncated_tokens: int = 0
    ratio: float = 0.0

    def add(self, prepared: Sequence[Prepared]) -> None:
        self.rows += len(prepared)
        self.truncated += sum(text.truncated_tokens > 0 for text in prepared)
        self.truncated_tokens += sum(text.truncated_tokens for text in prepared)
        self.ratio += sum(text.compression_ratio for text in prepared)


def prepared_rows(plan: RunPlan, shard: int) -> Iterator[dict[str, Any]]:
    """A shard's prepared conversations, from their file or, where a run writes none or it is damaged, prepared again."""
    if not leaves_no_file(plan):
        try:
            verify(plan.folder.prepared(shard))
        except FileNotFoundError:
            pass  # the reader says so
        except DamagedFileError as error:
            log.warning("%s. Now they are prepared again", str(error).split(";", 1)[0])
            return _prepared_again(plan, shard)
        return read_rows(plan.folder.prepared(shard), rows=200)
    return _prepared_again(plan, shard)


def _prepared_again(plan: RunPlan, shard: int) -> Iterator[dict[str, Any]]:
    return records(prepared_batches(plan, shard, make_compressor(plan.config.tokens), PreparedTotals()))


def leaves_no_file(plan: RunPlan) -> bool:
    """Whether the run writes no prepared text: the dry run of a reprocess."""
    return plan.dry_run and plan.reprocess is not None


def prepared_batches(plan: RunPlan, shard: int, compressor: Compressor, totals: PreparedTotals) -> Iterator[pa.RecordBatch]:
    """Batches of schema `PREPARED`, of the conversations that are asked about."""
    config, counter = plan.config.tokens, TiktokenCounter()
    settled = pa.array(sorted(not_asked_about(plan, shard)), pa.string())
    for whole in read_batches(plan.folder.conversations(shard), _COLUMNS):
        batch = whole
        if len(settled):
            batch = whole.filter(pc.invert(pc.is_in(whole.column("conversation_id"), value_set=settled)))
        prepared = [prepare_turns(turns, config, counter, compressor) for turns in _conversations(batch.column("turns"))]
        totals.add(prepared)
        yield _written(batch, prepared)


def _conversations(column: pa.ListArray) -> Iterator[tuple[Turn, ...]]:
    """The turns of each row."""
    roles, contents = (field.to_pylist() for field in column.flatten().flatten())
    turns = [Turn(_ROLES[role], content) for role, content in zip(roles, contents, strict=True)]
    at = 0
    for length in column.value_lengths().to_pylist():
        yield tuple(turns[at : at + length])
        at += length


def _written(batch: pa.RecordBatch, prepared: Sequence[Prepared]) -> pa.RecordBatch:
    """The rows with their prepared turns."""
    turns = [turn for text in prepared for turn in text.turns]
    ends = list(accumulate((len(text.turns) for text in prepared), initial=0))
    columns = {
        **{name: batch.column(name) for name in _COLUMNS},
        "turns": turns_column(ends, [turn.role for turn in turns], [turn.content for turn in turns]),
        "original_tokens": pa.array([text.original_tokens for text in prepared], pa.int64()),
        "truncated_tokens": pa.array([text.truncated_tokens for text in prepared], pa.int64()),
        "compression_ratio": pa.array([text.compression_ratio for text in prepared], pa.float64()),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in PREPARED.names], schema=PREPARED)

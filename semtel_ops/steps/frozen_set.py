"""Frozen sets: conversations that several labellers are asked about, or one labeller every day, always the same.

A set lies in a lake of its own below experiments/, so that it is erased, kept and removed as all conversations are.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from semtel_ops.conversations.sampling import bucket_of, shard_count, shard_of_bucket
from semtel_ops.errors import StoreError
from semtel_ops.runs.documents import FrozenSetDocument, SampleDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ShardRef
from semtel_ops.settings import ShardConfig
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files, read_json, write_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import claimed_rows, read_batches
from semtel_ops.store.rooted import decode, encode
from semtel_ops.store.run_name import slug
from semtel_ops.store.tables import CONVERSATIONS

_WEIGHT = "sample_weight"


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """A set, as runs label it.

    Attributes:
        root: URL of its lake.
        week: ISO week that its conversations are of.
        fingerprint: 32 hex digits, a hash of the ids and contents of its conversations.
        sample: the document of a sample, as every run of the set has it.
    """

    root: str
    week: str
    fingerprint: str
    sample: SampleDocument

    @property
    def conversations(self) -> int:
        """Number of conversations."""
        return self.sample["sampled"]

    def run_of(self, base: RunPlan, run_id: str, **changes: object) -> RunPlan:
        """A run that labels the set: like `base`, without a ledger, and never published.

        Args:
            changes: fields of `RunPlan`, such as `models`, `endpoint_names`, `prompts_folder`, `journal` or `config`.
        """
        own = {
            "lake": self.root,
            "week": self.week,
            "run_id": run_id,
            "folder_name": None,
            "journal": None,
            "deadline": None,
            "dry_run": False,
            "ledger": False,
            "reprocess": None,
            "unbundled": (),
        }
        return base.model_copy(update={**own, **changes})


def set_root(lake: Lake, name: str) -> str:
    """URL of the lake of a set: part of the lake around it for `semtel forget`, `semtel lake clean` and the report."""
    return lake.path("experiments", slug(name), "lake")


def set_journal(lake: Lake) -> str:
    """URL of the journal that experiments, alignments, bridges and sentinels of a lake share."""
    return lake.path("experiments", "journal")


def freeze(root: str, lake: Lake, week: str, ids: Collection[str], *, weights: Mapping[str, float] | None = None) -> FrozenSet:
    """Copy conversations of a week's sample into a set. Of an existing set, nothing is changed: it is returned.

    Args:
        root: of the set, see `set_root`.
        lake: the lake that has the week.
        ids: of the conversations; ids that the week does not have are ignored.
        weights: conversation id → conversations of the population that it represents in the set; by default as in the week.

    Raises:
        StoreError: the week has none of the conversations.
    """
    found = open_set(root)
    if found is not None:
        return found
    wanted = pa.array(sorted(ids), pa.string())
    shards = shard_count(len(wanted), ShardConfig())
    digest: list[str] = []

    def copies() -> Iterator[pa.RecordBatch]:
        for batch in _chosen(lake, week, wanted):
            digest.extend(_digest(batch))
            yield _as_copies(batch, shards, weights)

    url_of = partial(Lake(root).conversations, week)
    counts = sql_engine.write_partitioned(copies(), "shard", url_of, CONVERSATIONS, range(shards))
    if not digest:
        raise StoreError(f"{lake.conversations_folder(week)}: has none of the conversations of the set; choose another week")
    refs: list[ShardRef] = [
        {"run": Lake(root).run(week, "set").plan, "shard": number, "conversations": n} for number, n in counts.items()
    ]
    return _written(root, week, digest, _sample(len(digest), refs))


def freeze_sample(root: str, week: str, sample: SampleDocument) -> FrozenSet:
    """Make a set of all conversations of a lake of its own, sampled from files. Doing it twice changes nothing."""
    found = open_set(root)
    if found is not None:
        return found
    digest: list[str] = []
    for url in list_files(Lake(root).conversations_folder(week), ".parquet"):
        for batch in read_batches(url, ["conversation_id", "content_hash"]):
            digest += _digest(batch)
    return _written(root, week, digest, sample)


def _digest(batch: pa.RecordBatch) -> list[str]:
    pairs = zip(batch.column("conversation_id").to_pylist(), batch.column("content_hash").to_pylist(), strict=True)
    return [f"{name}\x00{content}" for name, content in pairs]


def _written(root: str, week: str, digest: list[str], sample: SampleDocument) -> FrozenSet:
    fingerprint = hashlib.blake2b("\n".join(sorted(digest)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    document: FrozenSetDocument = {"week": week, "fingerprint": fingerprint, "sample": sample}
    write_json(Lake(root).frozen_set(), encode(document, root))
    return FrozenSet(root, week, fingerprint, sample)


def open_set(root: str) -> FrozenSet | None:
    """A set that was frozen before, without conversations that were forgotten since; None if there is none."""
    document: FrozenSetDocument | None = read_json(Lake(root).frozen_set())
    if document is None:
        return None
    week = document["week"]
    shards: list[ShardRef] = decode(document["sample"]["shards"], root)
    left: list[ShardRef] = [
        {**shard, "conversations": claimed_rows(Lake(root).conversations(week, shard["shard"])) or 0} for shard in shards
    ]
    sample = _sample(sum(shard["conversations"] for shard in left), left)
    return FrozenSet(root, week, document["fingerprint"], sample)


def conversations_of(frozen: FrozenSet, columns: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The conversations of a set, shard by shard."""
    for url in list_files(Lake(frozen.root).conversations_folder(frozen.week), ".parquet"):
        yield from read_batches(url, None if columns is None else list(columns))


def _chosen(lake: Lake, week: str, wanted: pa.Array) -> Iterator[pa.RecordBatch]:
    for url in list_files(lake.conversations_folder(week), ".parquet"):
        for batch in read_batches(url):
            chosen = batch.filter(pc.is_in(batch.column("conversation_id"), wanted))
            if chosen.num_rows:
                yield chosen


def _as_copies(batch: pa.RecordBatch, shards: int, weights: Mapping[str, float] | None) -> pa.RecordBatch:
    """The rows of a batch as rows of the shards of a set."""
    hashes = batch.column("content_hash").to_pylist()
    changed = {"shard": pa.array([shard_of_bucket(bucket_of(value), shards) for value in hashes], pa.int32())}
    if weights is not None:
        names = batch.column("conversation_id").to_pylist()
        changed[_WEIGHT] = pa.array([weights[name] for name in names], pa.float64())
    columns = [changed.get(name, batch.column(name)) for name in CONVERSATIONS.names]
    return pa.RecordBatch.from_arrays(columns, schema=CONVERSATIONS)


def _sample(conversations: int, shards: list[ShardRef]) -> SampleDocument:
    return {
        "read": conversations,
        "unreadable": 0,
        "outside_week": 0,
        "not_sampled": 0,
        "staged_rows": conversations,
        "id_conflicts": 0,
        "quarantined": 0,
        "duplicates_same_id": 0,
        "duplicate_content": 0,
        "duplicates": 0,
        "eligible": conversations,
        "population": conversations,
        "sampled": conversations,
        "repaired": 0,
        "scrubbed": {},
        "left_out": {},
        "shards": shards,
    }

"""The fixed conversations of the sentinels: drawn once from the last published week, by a hash of their ids."""

import hashlib
import heapq
from collections.abc import Iterator, Sequence

from semtel_ops.steps.frozen_set import FrozenSet, freeze, open_set, set_root
from semtel_ops.store.files import list_files
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.parquet import read_batches

_SALT = "semtel sentinels"


def sentinel_set(lake: Lake, ledger: Ledger, classifiers: Sequence[str], rows: int) -> FrozenSet | None:
    """The set of these classifiers; drawn now if there is none yet. None if no week is published that it could be drawn from.

    Raises:
        StoreError: the lake has no conversations of the published week any more.
    """
    name = f"sentinels-{hashlib.blake2b(repr((sorted(classifiers), rows)).encode(), digest_size=6).hexdigest()}"
    root = set_root(lake, name)
    found = open_set(root)
    if found is not None:
        return found
    weeks = ledger.published_weeks(1)
    return freeze(root, lake, weeks[0], heapq.nsmallest(rows, _ids(lake, weeks[0]), key=_place)) if weeks else None


def _ids(lake: Lake, week: str) -> Iterator[str]:
    for url in list_files(lake.conversations_folder(week), ".parquet"):
        for batch in read_batches(url, ["conversation_id"]):
            yield from batch.column("conversation_id").to_pylist()


def _place(conversation_id: str) -> str:
    return hashlib.md5(f"{_SALT}\x00{conversation_id}".encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()

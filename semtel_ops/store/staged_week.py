"""Copies of a run's label files that nobody reads yet, in publishing/week=….

run=…-SECONDS-TOKEN/run=…/shard=….parquet    the copies
run=…-SECONDS-TOKEN.lock                     locked by their publisher while it lives
run=…-SECONDS-TOKEN.intent.json              last: the copies are complete, and `publication.settle` owns them
"""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import fsspec

from semtel_ops.clock import Clock
from semtel_ops.store import file_lock
from semtel_ops.store.files import exists, is_on_disk, list_folder, local_path, remove, write_json
from semtel_ops.store.layout import Lake

INTENT = ".intent.json"

_LOCK = ".lock"
_ABANDONED_S = 86_400  # copies in an object store that have no intent after a day; a publisher takes minutes


class IntentDocument(TypedDict):
    """publishing/week=…/….intent.json: a publication between its commit and its display.

    Attributes:
        week: ISO week.
        run_id: the run to publish.
        published_at: when, ISO 8601; identifies the publication.
        sizes: name of each copied file → its bytes.
        ledger: whether SQL decides if it was committed.
    """

    week: str
    run_id: str
    published_at: str
    sizes: dict[str, int]
    ledger: bool


class StagedWeek:
    """Files that are copied and not shown. `discard` removes copies without an intent; it may be repeated."""

    def __init__(self, lake: Lake, week: str, run_id: str, files: Sequence[str], *, clock: Clock) -> None:
        self._week, self._run_id = week, run_id
        folder = lake.publishing(week)
        own = folder_of(lake, week, run_id)
        self._stage = f"{folder}/{own}-{int(clock.now())}-{secrets.token_hex(4)}"
        self._announced = False
        # A lock that ends with the process tells copies in the making from those of a publisher that was killed.
        self._lock = file_lock.take(local_path(self._stage + _LOCK)) if is_on_disk(folder) else None
        try:
            _remove_abandoned(folder, clock)
            self._sizes = dict(copy_into(f"{self._stage}/{own}", url) for url in files)
        except BaseException:
            self.discard()
            raise

    def announce(self, published_at: str, *, ledger: bool) -> None:
        """Write the intent. With a ledger, last before the commit and under the week's lock."""
        intent: IntentDocument = {
            "week": self._week,
            "run_id": self._run_id,
            "published_at": published_at,
            "sizes": self._sizes,
            "ledger": ledger,
        }
        write_json(self._stage + INTENT, intent)
        self._announced = True

    def discard(self) -> None:
        """Remove the copies, unless an intent has made them `settle`'s."""
        if not self._announced:
            remove(self._stage)
        if self._lock is not None:
            remove(self._stage + _LOCK)
            os.close(self._lock)
            self._lock = None
        _remove_empty(self._stage.rsplit("/", 1)[0])


def remove_settled(intent: str) -> None:
    """Remove what is left of copies that were shown or discarded, and last their intent."""
    stage = intent.removesuffix(INTENT)
    for url in (stage, f"{stage}.replaced", stage + _LOCK, intent):
        remove(url)
    _remove_empty(stage.rsplit("/", 1)[0])


def _remove_abandoned(folder: str, clock: Clock) -> None:
    """Remove copies whose publisher was killed before its intent."""
    found = list_folder(folder)
    kept = {url.removesuffix(INTENT) for url in found if url.endswith(INTENT)}
    halves = {url: _stage_of_half(url) for url in found if url.endswith(".tmp")}  # intents that were being written
    stages = {url.removesuffix(_LOCK) for url in found if not url.endswith((INTENT, ".tmp"))} | set(halves.values())
    for stage in sorted(stages - kept):
        if is_on_disk(folder):
            with file_lock.if_free(local_path(stage + _LOCK)) as free:
                if free:
                    for url in (*(half for half, of in halves.items() if of == stage), stage, stage + _LOCK):
                        remove(url)
        elif clock.now() - _begun_at(stage) > _ABANDONED_S:
            remove(stage)


def _stage_of_half(url: str) -> str:
    folder, name = url.rsplit("/", 1)
    return f"{folder}/{name.removeprefix('.').split(INTENT, 1)[0]}"


def _begun_at(stage: str) -> float:
    seconds = stage.rsplit("-", 2)[-2:-1]
    return float(seconds[0]) if seconds and seconds[0].isdigit() else 0.0


def folder_of(lake: Lake, week: str, run_id: str) -> str:
    """The name of a run's folder."""
    return lake.run(week, run_id).labels_folder.rsplit("/", 1)[-1]


def copy_into(folder: str, url: str) -> tuple[str, int]:
    """Copy a file into a folder, for good; returns its name and size."""
    name = url.rsplit("/", 1)[-1]
    source, source_path = fsspec.core.url_to_fs(url)
    target, target_path = fsspec.core.url_to_fs(f"{folder}/{name}")
    target.makedirs(target_path.rsplit("/", 1)[0], exist_ok=True)
    source.copy(source_path, target_path)
    if is_on_disk(folder):
        with Path(target_path).open("rb") as file:
            os.fsync(file.fileno())
    return name, int(target.size(target_path))


def _remove_empty(folder: str) -> None:
    """Remove the folder of a week unless another publisher has something in it."""
    if not is_on_disk(folder):
        return
    if exists(folder):
        try:
            local_path(folder).rmdir()
        except OSError:
            return

"""The published label files of a week: all files of one run, in labels/week=….

A publication has one commit point, the transaction that replaces the week in SQL:

1. `StagedWeek` copies the files to publishing/week=…, which takes long for a large week and which nobody reads.
2. `StagedWeek.announce` writes an intent: which copies are to be shown, and the time that identifies the publication.
3. The transaction commits. The published run of the week, and its `finished_at`, now name the publication.
4. `settle` shows the copies by one atomic exchange of folders, and removes the old files and the intent.

A process that is killed before the commit has changed nothing, and after it leaves an intent. Whoever opens the lake next calls
`settle`, which completes an intent that SQL has committed and discards any other. Without a ledger, the intent is the commit.

Object stores cannot exchange folders: the new run is copied next to the old run, `_published.json`, which names the run that
counts, is replaced, and then the old run is removed. So do file systems without an exchange, by two renames.
"""

import fcntl
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import fsspec

from semtel_ops.errors import StoreError
from semtel_ops.store.exchange import exchange
from semtel_ops.store.files import exists, list_files, read_json, remove, write_json
from semtel_ops.store.layout import Lake

log = logging.getLogger(__name__)

MARKER = "_published.json"

_INTENT = ".intent.json"
_LOCK = ".lock"
_ABANDONED_S = 86_400  # copies in an object store that have no intent after a day; a publisher takes minutes


class PublishedDocument(TypedDict):
    """labels/week=…/_published.json: the published run of the week. Readers must read only the files that it names.

    Attributes:
        week: ISO week.
        run_id: the published run.
        files: names of its files.
        published_at: when it was published, ISO 8601; differs between two publications of the same run.
    """

    week: str
    run_id: str
    files: list[str]
    published_at: NotRequired[str]


class IntentDocument(TypedDict):
    """publishing/week=…/….intent.json: a publication between its commit and its display.

    Attributes:
        week: ISO week.
        run_id: the run to publish.
        published_at: as in `PublishedDocument`.
        sizes: name of each copied file → its bytes.
        ledger: whether SQL decides if it was committed.
    """

    week: str
    run_id: str
    published_at: str
    sizes: dict[str, int]
    ledger: bool


@dataclass(frozen=True, slots=True)
class Committed:
    """The publication of a week that SQL has committed."""

    run_id: str
    published_at: str | None


class StagedWeek:
    """Files that are copied and not shown. `discard` removes copies without an intent; it may be repeated."""

    def __init__(self, lake: Lake, week: str, run_id: str, files: Sequence[str]) -> None:
        self._week, self._run_id = week, run_id
        folder = lake.publishing(week)
        own = _folder_of(lake, week, run_id)
        self._stage = f"{folder}/{own}-{int(time.time())}-{secrets.token_hex(4)}"
        self._announced = False
        # A lock that ends with the process tells copies in the making from those of a publisher that was killed.
        self._lock = _lock(self._stage + _LOCK) if _is_local(folder) else None
        try:
            _remove_abandoned(folder)
            self._sizes = dict(_copy(url, f"{self._stage}/{own}") for url in files)
        except BaseException:
            self.discard()
            raise

    def announce(self, published_at: str, *, ledger: bool) -> None:
        """Write the intent. With a ledger, last before the commit and under the week's lock."""
        document: PublishedDocument = {
            "week": self._week,
            "run_id": self._run_id,
            "files": list(self._sizes),
            "published_at": published_at,
        }
        write_json(f"{self._stage}/{MARKER}", document)
        intent: IntentDocument = {
            "week": self._week,
            "run_id": self._run_id,
            "published_at": published_at,
            "sizes": self._sizes,
            "ledger": ledger,
        }
        write_json(self._stage + _INTENT, intent)
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


def pending(lake: Lake) -> list[str]:
    """URLs of the intents in the lake, oldest first; one listing where there are none."""
    root = lake.path("publishing")
    weeks = [folder for folder in _listed(root) if "/week=" in folder]
    return sorted(url for week in weeks for url in _listed(week) if url.endswith(_INTENT))


def settle(lake: Lake, committed: Callable[[str], Committed | None] | None) -> None:
    """Complete or discard every intent of the lake.

    Args:
        lake: the lake.
        committed: the publication that SQL has committed for a week; None if there is no ledger, and then intents that need
            one are kept. The caller holds the lock of each week that it is asked about until this function returns.
    """
    for url in pending(lake):
        intent: IntentDocument | None = read_json(url)
        if intent is None or (intent["ledger"] and committed is None):
            continue
        week, stage = intent["week"], url.removesuffix(_INTENT)
        now = committed(week) if intent["ledger"] and committed is not None else None
        if intent["ledger"] and now != Committed(intent["run_id"], intent["published_at"]):
            log.warning("week %s: an unfinished publication of run %s was discarded", week, intent["run_id"])
        else:
            _show(lake, intent, stage)
            remove(lake.run(week, intent["run_id"]).rerun)
        remove(stage)
        remove(f"{stage}.replaced")
        remove(stage + _LOCK)
        remove(url)
        _remove_empty(lake.publishing(week))


def _show(lake: Lake, intent: IntentDocument, stage: str) -> None:
    week, run_id = intent["week"], intent["run_id"]
    target, own = lake.labels_week(week), _folder_of(lake, week, run_id)
    shown: PublishedDocument | None = read_json(f"{target}/{MARKER}")
    if shown is not None and shown.get("published_at") == intent["published_at"]:
        if not _is_local(target):
            _remove_others(target, own, list(intent["sizes"]))
        return
    copies = f"{stage}/{own}"
    damaged = [name for name, size in intent["sizes"].items() if _size(f"{copies}/{name}") != size]
    if damaged:
        log.error(
            "week %s: run %s is published in SQL, but its copies in %s are damaged (%s); its files still are those published "
            "before: run `publish` again",
            week,
            run_id,
            stage,
            ", ".join(damaged[:3]),
        )
        return
    if _is_local(target):
        _swap(Path(_path(stage)), Path(_path(target)))
        return
    for name in intent["sizes"]:
        _copy(f"{copies}/{name}", f"{target}/{own}")
    write_json(f"{target}/{MARKER}", read_json(f"{stage}/{MARKER}"))
    _remove_others(target, own, list(intent["sizes"]))


def _swap(stage: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            if exchange(stage, target):
                return
            target.rename(stage.with_name(f"{stage.name}.replaced"))
        stage.rename(target)
    except OSError as error:
        raise StoreError(
            f"{target}: the week's files could not be replaced ({error.strerror}); fix permissions or close readers, "
            "then run any command of semtel on this lake, which completes the publication"
        ) from error


def _remove_others(target: str, own: str, names: Sequence[str]) -> None:
    for url in _listed(target):
        if url.rsplit("/", 1)[-1] not in {MARKER, own}:
            remove(url)
    for url in list_files(f"{target}/{own}"):
        if url.rsplit("/", 1)[-1] not in names:
            remove(url)


def _remove_abandoned(folder: str) -> None:
    """Remove copies whose publisher was killed before its intent."""
    listed = _listed(folder)
    kept = {url.removesuffix(_INTENT) for url in listed if url.endswith(_INTENT)}
    halves = {url: _stage_of_half(url) for url in listed if url.endswith(".tmp")}  # intents that were being written
    stages = {url.removesuffix(_LOCK) for url in listed if not url.endswith((_INTENT, ".tmp"))} | set(halves.values())
    for stage in sorted(stages - kept):
        if _is_local(folder):
            with _unlocked(stage + _LOCK) as free:
                if free:
                    for url in (*(half for half, of in halves.items() if of == stage), stage, stage + _LOCK):
                        remove(url)
        elif time.time() - _begun_at(stage) > _ABANDONED_S:
            remove(stage)


def _stage_of_half(url: str) -> str:
    folder, name = url.rsplit("/", 1)
    return f"{folder}/{name.removeprefix('.').split(_INTENT, 1)[0]}"


def _begun_at(stage: str) -> float:
    seconds = stage.rsplit("-", 2)[-2:-1]
    return float(seconds[0]) if seconds and seconds[0].isdigit() else 0.0


def _folder_of(lake: Lake, week: str, run_id: str) -> str:
    return lake.run(week, run_id).labels_folder.rsplit("/", 1)[-1]


def _lock(url: str) -> int:
    path = Path(_path(url))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


@contextmanager
def _unlocked(url: str) -> Iterator[bool]:
    """Whether nobody holds the lock; held by the caller meanwhile."""
    try:
        descriptor = os.open(_path(url), os.O_RDWR)
    except FileNotFoundError:
        yield True
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _copy(url: str, folder: str) -> tuple[str, int]:
    """Copy a file into a folder; its name and size."""
    name = url.rsplit("/", 1)[-1]
    source, source_path = fsspec.core.url_to_fs(url)
    target, target_path = fsspec.core.url_to_fs(f"{folder}/{name}")
    target.makedirs(target_path.rsplit("/", 1)[0], exist_ok=True)
    source.copy(source_path, target_path)
    if _is_local(folder):
        with Path(target_path).open("rb") as file:
            os.fsync(file.fileno())
    return name, int(target.size(target_path))


def _size(url: str) -> int | None:
    fs, path = fsspec.core.url_to_fs(url)
    try:
        return int(fs.size(path))
    except FileNotFoundError:
        return None


def _listed(folder: str) -> list[str]:
    fs, path = fsspec.core.url_to_fs(folder)
    try:
        names = [str(name).rstrip("/") for name in fs.ls(path, detail=False, refresh=True)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return names if _is_local(folder) else [fs.unstrip_protocol(name) for name in names]


def _remove_empty(folder: str) -> None:
    """Remove the folder of a week unless another publisher has something in it."""
    if not _is_local(folder):
        return
    if exists(folder):
        try:
            Path(_path(folder)).rmdir()
        except OSError:
            return


def _is_local(url: str) -> bool:
    protocol = fsspec.core.url_to_fs(url)[0].protocol
    return "file" in ((protocol,) if isinstance(protocol, str) else protocol)


def _path(url: str) -> str:
    return str(fsspec.core.url_to_fs(url)[1])

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

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import fsspec

from semtel_ops.errors import DamagedFileError, StoreError
from semtel_ops.store import file_lock
from semtel_ops.store.exchange import exchange
from semtel_ops.store.files import is_on_disk, list_files, list_folder, local_path, read_json, remove, write_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.seal import verify
from semtel_ops.store.staged_week import INTENT, IntentDocument, copy_into, folder_of, remove_settled

log = logging.getLogger(__name__)

MARKER = "_published.json"


class PublishedDocument(TypedDict):
    """labels/week=…/_published.json: the published run of the week. Readers must read only the files that it names.

    A reader of several files reads this document before and after them. If a file is missing or `published_at` differs, the
    week was published meanwhile, and the reader begins again.

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


@dataclass(frozen=True, slots=True)
class Committed:
    """The publication of a week that SQL has committed."""

    run_id: str
    published_at: str | None


def pending(lake: Lake) -> list[str]:
    """URLs of the intents in the lake, oldest first; one listing where there are none."""
    root = lake.path("publishing")
    weeks = [folder for folder in list_folder(root) if "/week=" in folder]
    return sorted(url for week in weeks for url in list_folder(week) if url.endswith(INTENT))


def settle(lake: Lake, committed: Callable[[str], Committed | None] | None) -> None:
    """Complete or discard every intent of the lake; keep one that cannot be completed, with an error in the log.

    Args:
        lake: the lake.
        committed: the publication that SQL has committed for a week; None if there is no ledger, and then intents that need
            one are kept. The caller holds the lock of each week that it is asked about until this function returns.
    """
    with _alone(lake):
        for url in pending(lake):
            intent: IntentDocument | None = read_json(url, needed=False)
            if intent is None or (intent["ledger"] and committed is None):
                continue
            week = intent["week"]
            now = committed(week) if intent["ledger"] and committed is not None else None
            if intent["ledger"] and now != Committed(intent["run_id"], intent["published_at"]):
                log.warning("week %s: an unfinished publication of run %s was discarded", week, intent["run_id"])
            else:
                try:
                    _show(lake, intent, url.removesuffix(INTENT))
                except DamagedFileError as error:
                    log.error("%s", error)  # noqa: TRY400 - the message says all
                    continue
                remove(lake.run(week, intent["run_id"]).rerun)
            remove_settled(url)


@contextmanager
def _alone(lake: Lake) -> Iterator[None]:
    """Two processes that exchange the same folders would restore the old ones."""
    root = lake.path("publishing")
    if not is_on_disk(root):
        yield
        return
    with file_lock.waiting(local_path(f"{root}/.lock")):
        yield


def _show(lake: Lake, intent: IntentDocument, stage: str) -> None:
    week, run_id = intent["week"], intent["run_id"]
    target, own = lake.labels_week(week), folder_of(lake, week, run_id)
    names = list(intent["sizes"])
    shown: PublishedDocument | None = read_json(f"{target}/{MARKER}", needed=False)
    if shown is not None and shown.get("published_at") == intent["published_at"]:
        if not is_on_disk(target):
            _remove_others(target, own, names)
        return
    _mend(lake, intent, f"{stage}/{own}")
    marker: PublishedDocument = {"week": week, "run_id": run_id, "files": names, "published_at": intent["published_at"]}
    if is_on_disk(target):
        write_json(f"{stage}/{MARKER}", marker)
        _swap(local_path(stage), local_path(target))
        return
    for name in names:
        copy_into(f"{target}/{own}", f"{stage}/{own}/{name}")
    write_json(f"{target}/{MARKER}", marker)
    _remove_others(target, own, names)


def _mend(lake: Lake, intent: IntentDocument, copies: str) -> None:
    """Copy again what is missing or damaged in the copies.

    Raises:
        DamagedFileError: the landed files are not those that were copied.
    """
    landed = lake.run(intent["week"], intent["run_id"]).landed_folder
    for name, size in intent["sizes"].items():
        if _is_whole(f"{copies}/{name}", size):
            continue
        if not _is_whole(f"{landed}/{name}", size):
            raise DamagedFileError(
                f"week {intent['week']}: run {intent['run_id']} was published and its files cannot be shown: "
                f"{copies}/{name} is damaged, and so is its landed file; the files of the week still are those published "
                "before. Clear the shard of the run, then publish it again"
            )
        log.warning("%s: was damaged, and is copied again from landed/", f"{copies}/{name}")
        remove(f"{copies}/{name}")
        copy_into(copies, f"{landed}/{name}")


def _is_whole(url: str, size: int) -> bool:
    fs, path = fsspec.core.url_to_fs(url)
    try:
        if int(fs.size(path)) != size:
            return False
        verify(url)
    except (FileNotFoundError, DamagedFileError):
        return False
    return True


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
    for url in list_folder(target):
        if url.rsplit("/", 1)[-1] not in {MARKER, own}:
            remove(url)
    for url in list_files(f"{target}/{own}"):
        if url.rsplit("/", 1)[-1] not in names:
            remove(url)

"""A week's published label files: one run's, whole, under labels/week=….

Copying takes as long as the week is large and shows nothing; showing is two renames on a local disk. A process killed
anywhere leaves the old week, the new week, or (between the renames) none: never two runs side by side, which a reader
would silently count twice. Publishing again puts it right. Object stores have no rename of a folder: there the new run is
copied beside the old one before that is removed, and `_published.json`, which names the run that counts, changes between.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import fsspec

from semtel_ops.errors import StoreError
from semtel_ops.store.files import list_files, remove, write_json
from semtel_ops.store.layout import Lake, slug

MARKER = "_published.json"


class PublishedDocument(TypedDict):
    """labels/week=…/_published.json: the run whose label files are the week's. Read only what it names.

    Attributes:
        week: ISO week.
        run_id: the published run.
        files: names of its files.
    """

    week: str
    run_id: str
    files: list[str]


class StagedWeek:
    """Files copied but not yet shown. `show` them, or `discard` what was copied; both may be called again."""

    def __init__(self, lake: Lake, week: str, run_id: str, files: Sequence[str]) -> None:
        self._lake, self._week, self._run_id = lake, week, run_id
        self._target = lake.labels_week(week)
        self._local = _is_local(self._target)
        self._stage = f"{lake.publishing(week)}/run={slug(run_id)}-{secrets.token_hex(4)}"
        folder = f"{self._stage}/run={slug(run_id)}" if self._local else lake.run(week, run_id).labels_folder
        self._names = [_copy(url, folder) for url in files]

    def show(self) -> str:
        """Make these the week's files and return their folder. One caller at a time for a week."""
        if self._local:
            self._swap()
        else:
            self._mark(self._target)
            self._remove_others()
        return self._lake.run(self._week, self._run_id).labels_folder

    def discard(self) -> None:
        remove(self._stage)

    def _swap(self) -> None:
        stage, target = Path(_path(self._stage)), Path(_path(self._target))
        self._mark(self._stage)
        replaced = stage.with_name(f"{stage.name}.replaced")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                target.rename(replaced)
            stage.rename(target)
        except OSError as error:
            raise StoreError(
                f"{target}: the week's files could not be replaced ({error.strerror}); fix permissions or close readers, "
                "then publish again"
            ) from error
        # With it goes whatever an earlier publication that was killed had left.
        remove(self._lake.publishing(self._week))

    def _mark(self, folder: str) -> None:
        document: PublishedDocument = {"week": self._week, "run_id": self._run_id, "files": self._names}
        write_json(f"{folder}/{MARKER}", document)

    def _remove_others(self) -> None:
        mine = self._lake.run(self._week, self._run_id).labels_folder
        fs, path = fsspec.core.url_to_fs(self._target)
        for name in fs.ls(path, detail=False, refresh=True):
            folder = str(name).rstrip("/").rsplit("/", 1)[-1]
            if folder not in {MARKER, f"run={slug(self._run_id)}"}:
                remove(fs.unstrip_protocol(name))
        for url in list_files(mine):
            if url.rsplit("/", 1)[-1] not in self._names:
                remove(url)


def _copy(url: str, folder: str) -> str:
    name = url.rsplit("/", 1)[-1]
    source, source_path = fsspec.core.url_to_fs(url)
    target, target_path = fsspec.core.url_to_fs(f"{folder}/{name}")
    target.makedirs(target_path.rsplit("/", 1)[0], exist_ok=True)
    source.copy(source_path, target_path)
    return name


def _is_local(url: str) -> bool:
    protocol = fsspec.core.url_to_fs(url)[0].protocol
    return "file" in ((protocol,) if isinstance(protocol, str) else protocol)


def _path(url: str) -> str:
    return str(fsspec.core.url_to_fs(url)[1])

"""The published label files of a week: all files of one run, in labels/week=….

Files are first copied to another folder, which takes long for a large week, and then shown by two renames on a local disk. A
process that is killed leaves the old week, the new week, or (between the renames) none; never two runs, which a reader would
count twice. Publishing again repairs this. Object stores cannot rename a folder: the new run is copied next to the old run,
`_published.json`, which names the run that counts, is replaced, and then the old run is removed.
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
    """labels/week=…/_published.json: the published run of the week. Readers must read only the files that it names.

    Attributes:
        week: ISO week.
        run_id: the published run.
        files: names of its files.
    """

    week: str
    run_id: str
    files: list[str]


class StagedWeek:
    """Files that are copied but not shown yet. `show` them, or `discard` the copies; both may be repeated."""

    def __init__(self, lake: Lake, week: str, run_id: str, files: Sequence[str]) -> None:
        self._lake, self._week, self._run_id = lake, week, run_id
        self._target = lake.labels_week(week)
        self._local = _is_local(self._target)
        self._stage = f"{lake.publishing(week)}/run={slug(run_id)}-{secrets.token_hex(4)}"
        folder = f"{self._stage}/run={slug(run_id)}" if self._local else lake.run(week, run_id).labels_folder
        self._names = [_copy(url, folder) for url in files]

    def show(self) -> str:
        """Make these the files of the week, and return their folder. Only one caller per week at a time.

        Raises:
            StoreError: the files cannot be replaced.
        """
        if self._local:
            self._swap()
        else:
            self._mark(self._target)
            self._remove_others()
        return self._lake.run(self._week, self._run_id).labels_folder

    def discard(self) -> None:
        """Remove the copies that were not shown."""
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
        # This also removes the remains of earlier publications that were killed.
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

"""The kinds of files in a lake: how conversations are erased from each, and how its age is known.

The only list of places where data of conversations are. A new kind of file is one more line here; a test fails for a path of
`store/layout.py` that no line covers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import fsspec

from semtel_ops.store import erasure
from semtel_ops.store.erasure import Eraser
from semtel_ops.store.files import is_local


@dataclass(frozen=True, slots=True)
class LakeKind:
    """A kind of files: those below a folder of the lake.

    Attributes:
        folder: first part of their paths.
        what: what they are, for people.
        erasers: how conversations leave a file, by the end of its name.
    """

    folder: str
    what: str
    erasers: Mapping[str, Eraser]


_ROWS: Final = {".parquet": erasure.erase_rows}
_LINES: Final = {".jsonl": erasure.erase_lines}
_PAGES: Final = {".json": erasure.erase_document, ".html": erasure.erase_page}
_PROMPTS: Final = dict.fromkeys((".prompty", ".jinja2", ".md"), erasure.erase_nothing)
"""Prompts that a repair tried, and its page: the guard of a repair keeps text of conversations out of them."""

# In the order of erasing. The journal is first: its records without names are found by the conversations' shards.
KINDS: Final = (
    LakeKind("journal", "replies, by request", {".parquet": erasure.erase_replies}),
    LakeKind("batches", "requests of batch jobs", {".parquet": erasure.erase_keys, ".jsonl": erasure.erase_orphan}),
    LakeKind("staged", "records of the source, scrubbed", _ROWS),
    LakeKind("prepared", "text as it is sent", _ROWS),
    LakeKind("landed", "label rows of all runs", _ROWS),
    LakeKind("labels", "label rows of the published runs", _ROWS | {".json": erasure.erase_nothing}),
    LakeKind("publishing", "label rows on their way to labels", _ROWS | {".json": erasure.erase_nothing}),
    LakeKind("quarantine", "records that could not be used, without text", _LINES),
    LakeKind("runs", "plans, counts and examples of runs", _ROWS | _LINES | _PAGES),
    LakeKind("reports", "reports with examples, Data Docs", _PAGES),
    LakeKind("experiments", "results of experiments, prompts that were tried", _ROWS | _LINES | _PAGES | _PROMPTS),
    LakeKind("conversations", "samples, scrubbed", _ROWS),
    LakeKind("forgotten", "hashes of forgotten ids, receipts", dict.fromkeys((".parquet", ".json"), erasure.erase_nothing)),
)
FOLDERS: Final = {kind.folder: kind for kind in KINDS}

_STATIC: Final = frozenset({".css", ".js", ".png", ".svg", ".ico", ".woff", ".woff2", ".ttf", ".scss", ".gitkeep"})
"""Parts of Data Docs without data."""
_LOCK: Final = ".lock"
"""How names of lock files end; they are empty or say who has the lock."""
_LEDGERS: Final = (".db", ".db-wal", ".db-shm", ".db-journal")
"""SQLite files in the lake, which `store.ledger_erasure` goes through."""
_RESULTS: Final = frozenset({"plan.json", "forecast.json", "experiment.json", "alignment.json", "report.html"})
"""Files beside the lake in a folder of `semtel experiment --out` or `semtel align --out`."""


@dataclass(frozen=True, slots=True)
class LakeFile:
    """A file below the root.

    Attributes:
        path: relative to the root.
        kind: None for a file that is not ours.
        modified: seconds since 1970; 0.0 where the file system does not say.
    """

    url: str
    path: str
    size: int
    modified: float
    kind: LakeKind | None

    @property
    def temporary(self) -> bool:
        """Whether a killed process left it: `store.files` writes to such names before it renames."""
        name = self.path.rsplit("/", 1)[-1]
        return name.startswith(".") and name.endswith(".tmp")

    @property
    def eraser(self) -> Eraser | None:
        """How conversations leave the file; None if no line above says so."""
        name = self.path.rsplit("/", 1)[-1]
        dot = name.rfind(".")
        ending = name[dot:] if dot >= 0 else ""
        if ending in _STATIC or name.endswith((_LOCK, *_LEDGERS)):
            return erasure.erase_nothing
        return None if self.kind is None else self.kind.erasers.get(ending)

    @property
    def week(self) -> str | None:
        """The ISO week in the path; None for files of no week."""
        return next((part[5:] for part in self.path.split("/") if part.startswith("week=")), None)

    @property
    def lake(self) -> str:
        """The lake that the file is in, relative to the root: empty, or that of an experiment or of `semtel classify --out`."""
        return self.path[: len(self.path) - len(_in_lake(self.path))].rstrip("/")


def files_of(root: str) -> Iterator[LakeFile]:
    """All files below a root, by path: a lake, or the folder of `--out` of `semtel classify`, `experiment` or `align`."""
    fs, base = fsspec.core.url_to_fs(root)
    base = str(base).rstrip("/")
    fs.invalidate_cache()
    for name, info in sorted(fs.find(base, detail=True).items()):
        path = str(name)[len(base) :].lstrip("/")
        modified = next((info[key] for key in ("mtime", "LastModified", "created") if info.get(key) is not None), 0.0)
        seconds = modified if isinstance(modified, (int, float)) else modified.timestamp()
        url = str(name) if is_local(fs) else fs.unstrip_protocol(name)
        yield LakeFile(url, path, int(info.get("size") or 0), float(seconds), kind_of(path))


def size_of(url: str) -> int:
    """Bytes of a file; 0 if it does not exist."""
    fs, path = fsspec.core.url_to_fs(url)
    try:
        return int(fs.info(path, refresh=True)["size"])
    except FileNotFoundError:
        return 0


def kind_of(path: str) -> LakeKind | None:
    """The kind of a file, from its path below the root."""
    inner = _in_lake(path)
    folder, _, rest = inner.partition("/")
    if folder == "experiments" and rest.startswith("journal/"):
        return FOLDERS["journal"]
    if not rest and folder == "manifest.json":  # of `semtel classify --out`
        return FOLDERS["runs"]
    if folder == "repair" or (not rest and folder in _RESULTS):
        return FOLDERS["experiments"]
    if folder == "repairs":
        return FOLDERS["quarantine"]
    return FOLDERS.get(folder)


def _in_lake(path: str) -> str:
    """The path below the innermost lake: experiments and `semtel classify --out` have lakes of their own."""
    parts = path.split("/")
    if len(parts) > 3 and parts[0] == "experiments" and parts[2] == "lake":
        return _in_lake("/".join(parts[3:]))
    if len(parts) > 1 and parts[0] == "lake":
        return _in_lake("/".join(parts[1:]))
    return path

"""The sources of a view: the ledger, the lake and the prompt files of this installation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from semtel_ops.errors import SemtelError
from semtel_ops.prompts import prompt_ids
from semtel_ops.report.classifier_info import ClassifierInfo, load_classifier_info
from semtel_ops.settings import DEFAULT_CLASSIFIERS
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_rows import RunRecord


class NotThereError(SemtelError):
    """The request is valid, but what it names does not exist."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """The sources that a view reads.

    Attributes:
        ledger: opened for reading.
        prompts: folder of the prompt files.
    """

    ledger: Ledger
    lake: Lake
    prompts: Path

    def run(self, week: str, run_id: str) -> RunRecord:
        """A run of the ledger. A path is only made from a run id that the ledger has.

        Raises:
            NotThereError: there is no such run.
        """
        record = self.ledger.run(week, run_id)
        if record is None:
            raise NotThereError("no such run of that week")
        return record

    def classifier_info(self, ids: Sequence[str], versions: dict[str, str] | None = None) -> tuple[ClassifierInfo, ...]:
        """Names and labels of classifiers, in the order of `ids`; `versions` (by id) replace those of the prompt files."""
        stamp = tuple(sorted((path.name, path.stat().st_mtime_ns) for path in self.prompts.glob("*.*")))
        infos = _load_info(self.prompts, tuple(ids), stamp)
        return tuple(replace(info, version=(versions or {}).get(info.id) or info.version) for info in infos)

    def ordered(self, ids: Sequence[str]) -> list[str]:
        """Distinct ids in display order: default classifiers, then others with a prompt file, then the rest, by name."""
        known = set(prompt_ids(self.prompts)) if self.prompts.is_dir() else set()
        rank = {classifier: at for at, classifier in enumerate(DEFAULT_CLASSIFIERS)}
        return sorted(set(ids), key=lambda classifier: (rank.get(classifier, len(rank)), classifier not in known, classifier))


@lru_cache(maxsize=32)
def _load_info(prompts: Path, ids: tuple[str, ...], _stamp: tuple[tuple[str, int], ...]) -> tuple[ClassifierInfo, ...]:
    return load_classifier_info(prompts, ids)

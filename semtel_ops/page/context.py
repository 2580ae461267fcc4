"""What a view is made from: the ledger, the lake and the prompt files of this installation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from semtel_ops.errors import SemtelError
from semtel_ops.prompts import prompt_ids
from semtel_ops.report.classifier_info import ClassifierInfo, load_classifier_info
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_rows import RunRecord


class NotThereError(SemtelError):
    """What was asked for is well spelt and does not exist."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """Where a view reads.

    Attributes:
        ledger: opened to be read.
        prompts: folder of the prompt files.
    """

    ledger: Ledger
    lake: Lake
    prompts: Path

    def run(self, week: str, run_id: str) -> RunRecord:
        """A run of the ledger: no path is made of a run id that is not in it.

        Raises:
            NotThereError: there is no such run.
        """
        record = self.ledger.run(week, run_id)
        if record is None:
            raise NotThereError("no such run of that week")
        return record

    def classifier_info(self, ids: Sequence[str], versions: dict[str, str] | None = None) -> tuple[ClassifierInfo, ...]:
        """What is known of classifiers, in the order given; `versions` are those of the rows, where files have moved on."""
        stamp = tuple(sorted((path.name, path.stat().st_mtime_ns) for path in self.prompts.glob("*.*")))
        found = _facts(self.prompts, tuple(ids), stamp)
        return tuple(replace(one, version=(versions or {}).get(one.id) or one.version) for one in found)

    def ordered(self, ids: Sequence[str]) -> list[str]:
        """Ids in the order people look for them: the topic first, then as they are spelt."""
        known = set(prompt_ids(self.prompts)) if self.prompts.is_dir() else set()
        return sorted(set(ids), key=lambda one: (_FIRST.index(one) if one in _FIRST else len(_FIRST), one not in known, one))


_FIRST = (
    "topic",
    "task_complexity",
    "user_expertise",
    "ai_expertise",
    "knowledge_work",
    "satisfaction",
    "user_intent",
)


@lru_cache(maxsize=32)
def _facts(prompts: Path, ids: tuple[str, ...], _stamp: tuple[tuple[str, int], ...]) -> tuple[ClassifierInfo, ...]:
    return load_classifier_info(prompts, ids)

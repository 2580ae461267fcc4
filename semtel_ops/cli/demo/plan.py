"""The weeks that the demo runs, and their source."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from semtel_ops.cli.demo.folder import DemoFolder
from semtel_ops.conversations.weeks import Week
from semtel_ops.errors import ConfigError


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One DAG run: its week and the values of the trigger form."""

    week: str
    conf: dict[str, Any]


def planned_runs(
    folder: DemoFolder,
    *,
    source: str | None,
    week: str | None,
    sample_size: int | None,
    now: datetime,
    lane: str | None = None,
    budget_usd: float | None = None,
    last_only: bool = False,
) -> list[PlannedRun]:
    """Runs of the sample: one per week in it, oldest first. Runs of the user's files: the last complete week, dates ignored.

    If `week` is given, it is the only one, and only conversations of that week are used.

    Args:
        budget_usd: spending limit of each week.
        last_only: of the sample, only the last week.

    Raises:
        ConfigError: the source does not exist, or `week` is not an ISO week.
    """
    path = _source(folder, source)
    if week is not None:
        weeks, dates = [str(Week.parse(week))], "respect"
    elif source is not None:
        weeks, dates = [str(Week.last_complete(now))], "ignore"
    else:
        weeks, dates = weeks_in(path)[-1 if last_only else 0 :], "respect"
    options: dict[str, Any] = {"sample_size": sample_size, "lane": lane, "max_cost_usd": budget_usd}
    conf = {"source": path, "dates": dates} | {name: value for name, value in options.items() if value}
    return [PlannedRun(name, {"week": name, **conf}) for name in weeks]


def weeks_in(path: str) -> list[str]:
    """ISO weeks in which the conversations of these files began, oldest first."""
    from semtel_ops.conversations.sources import Record, list_files, read_file

    weeks: set[Week] = set()
    for file in list_files([path]):
        for record in read_file(file.url, max_record_mb=64):
            if isinstance(record, Record) and record.conversation.started_at is not None:
                weeks.add(Week.containing(record.conversation.started_at))
    if not weeks:
        raise ConfigError("source", path, "contains no conversation with a date; the sample may be damaged")
    return [str(week) for week in sorted(weeks)]


def _source(folder: DemoFolder, source: str | None) -> str:
    if source is None:
        return str(folder.sample)
    if "," in source:
        raise ConfigError("--source", source, "contains a comma, which separates sources; rename the file, or give its folder")
    if "://" in source or any(mark in source for mark in "*?["):
        return source
    path = Path(source).expanduser().resolve()
    if not path.exists():
        raise ConfigError("--source", source, "does not exist; give a file, a folder, a glob or a URL")
    return str(path)

"""Output of commands: a manifest as JSON or as lines, progress as a bar or as lines."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from semtel_ops.cli.printable import printable
from semtel_ops.humanize import UNKNOWN, count, duration, money, number, quantity, words
from semtel_ops.runs.progress import LogProgress, Progress

if TYPE_CHECKING:
    from semtel_ops.report.refusals import Refusal


class BarProgress:
    """A progress bar for terminals: rows, rate, cost, remaining time."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rows  {task.fields[cost]}"),
            TimeRemainingColumn(),
        )
        self._cost = 0.0
        self._task: Any = None

    def start(self, label: str, total: int | None) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._bar.start()
        self._task = self._bar.add_task(label, total=total, cost=money(self._cost))

    def advance(self, rows: int = 1, cost_usd: float = 0.0) -> None:
        self._cost += cost_usd
        self._bar.update(self._task, advance=rows, cost=money(self._cost))

    def say(self, line: str) -> None:
        self._bar.console.print(printable(line), markup=False, style="dim")

    def finish(self) -> None:
        self._bar.stop()


class LineProgress(LogProgress):
    """Progress lines on stderr, for output that is not a terminal."""

    def _show(self, line: str) -> None:
        click.echo(printable(line), err=True)


def progress() -> Progress:
    """Return a bar on a terminal and lines elsewhere; both on stderr, since stdout carries the manifest."""
    if sys.stderr.isatty():
        return BarProgress()
    return LineProgress(every_s=10.0)


_ONLY_JSON = frozenset({"limits", "refusals"})


def show(manifest: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a manifest to stdout; for people, without what is long or shown by `show_refusals`."""
    if as_json:
        click.echo(printable(json.dumps(manifest, indent=1, ensure_ascii=False, default=str)))
        return
    brief = {name: value for name, value in manifest.items() if name not in _ONLY_JSON}
    width = max(map(len, brief), default=0)
    for name, value in brief.items():
        for at, line in enumerate(_lines(name, value)):
            click.echo(printable(f"{'' if at else words(name):<{width}}  {line}"))


def show_refusals(refusals: "Sequence[Refusal]", most: int = 5) -> None:
    """Print to stderr what endpoints said when they did not answer, the most frequent first; nothing if no call failed."""
    for refusal in refusals[:most]:
        times = count(refusal.count, "call")
        click.echo(printable(f"{times} failed at {refusal.endpoint} ({words(refusal.kind)}): {refusal.words}"), err=True)
    if len(refusals) > most:
        click.echo(f"{count(len(refusals) - most, 'more kind')} of failed calls: see the manifest or the report", err=True)


def _lines(name: str, value: Any) -> list[str]:
    """A value of a manifest for people; each of several records on a line of its own."""
    if isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        return [_shown(name, inner) for inner in value]
    if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
        return [f"{key}: {_shown(key, inner)}" for key, inner in value.items()]
    return [_shown(name, value)]


def _shown(name: str, value: Any) -> str:
    """A value of a manifest for people; the ending of its name says the unit."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(key, inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_shown(name, inner) for inner in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if name.endswith("_usd"):
        return money(value)
    if value is None:
        return UNKNOWN
    if name == "seconds" or name.endswith("_s"):
        return duration(value)
    return number(value) if isinstance(value, int) else quantity(value) if isinstance(value, float) else str(value)

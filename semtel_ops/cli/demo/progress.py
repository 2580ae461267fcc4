"""Progress of the demo's runs: bars on a terminal, lines elsewhere."""

from contextlib import AbstractContextManager
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from semtel_ops.cli.demo.stages import Stage
from semtel_ops.humanize import duration


class Progress(AbstractContextManager["Progress"], Protocol):
    """Displays progress and messages."""

    def note(self, text: str) -> None:
        """Show a message."""
        ...

    def show(self, week: str, stages: tuple[Stage, ...], seconds: float) -> None:
        """Show the state of a week; called repeatedly."""
        ...

    def ended(self, week: str, *, good: bool, text: str) -> None:
        """Show the result of a week that has ended."""
        ...


def make_progress(console: Console) -> Progress:
    return Bars(console) if console.is_terminal else Lines(console)


class Lines(Progress):
    """Prints one line whenever a stage finishes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed: set[tuple[str, str, str]] = set()

    def __exit__(self, *_: object) -> None:
        return None

    def note(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False)

    def show(self, week: str, stages: tuple[Stage, ...], seconds: float) -> None:
        for stage in stages:
            word = _word(stage)
            if word and (week, stage.name, word) not in self._printed:
                self._printed.add((week, stage.name, word))
                self.note(f"{week}  {duration(round(seconds)):>12}  {stage.name:<9} {word}")

    def ended(self, week: str, *, good: bool, text: str) -> None:
        self.note(f"{week}  {'done' if good else 'FAILED'}: {text}")


class Bars(Progress):
    """One progress bar per week, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._rows: dict[str, tuple[ProgressBar, Text]] = {}
        self._live = Live(console=console, refresh_per_second=8, transient=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def note(self, text: str) -> None:
        self._live.console.print(Text(text, style="dim"))

    def show(self, week: str, stages: tuple[Stage, ...], seconds: float) -> None:
        completed = sum(min(1.0, stage.done / stage.total) for stage in stages if stage.total)
        current = next((stage for stage in stages if not stage.finished), None)
        status = f"{_now(current)}  {duration(round(seconds))}" if current else duration(round(seconds))
        self._draw(week, completed / len(stages), Text(status))

    def ended(self, week: str, *, good: bool, text: str) -> None:
        bar, _ = self._rows.get(week, (None, None))
        fraction = (bar.completed / 100) if bar and not good else 1.0
        self._draw(week, fraction, Text(("✓ " if good else "✗ ") + text, style="green" if good else "bold red"))

    def _draw(self, week: str, fraction: float, status: Text) -> None:
        self._rows[week] = (ProgressBar(total=100, completed=100 * fraction, width=18), status)
        table = Table.grid(padding=(0, 2))
        for name, (bar, text) in self._rows.items():
            table.add_row(Text(name, style="bold"), bar, text)
        self._live.update(table)


def _word(stage: Stage) -> str:
    """State of a stage in a few words; empty while it is running normally."""
    if stage.retrying:
        return "failed, retrying"
    if not stage.finished:
        return ""
    if stage.failed:
        return f"{stage.failed} of {stage.total} failed"
    if stage.skipped == stage.total:
        return "skipped"
    return f"{stage.done} of {stage.total}" if stage.total > 1 else "done"


def _now(stage: Stage) -> str:
    if stage.retrying:
        return f"{stage.name} failed, retrying"
    return f"{stage.name} {stage.done}/{stage.total}" if stage.total > 1 else stage.name

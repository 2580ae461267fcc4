"""Results of the demo's runs, read from the lake and printed at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from semtel_ops.cli.demo.folder import DemoFolder
from semtel_ops.cli.demo.own_endpoints import OwnEndpoints
from semtel_ops.humanize import count, duration, money, number, tally
from semtel_ops.store.files import exists, read_json
from semtel_ops.store.layout import Lake


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One week: state of the DAG run and the run's totals, which are empty if the run failed before writing them."""

    week: str
    run_id: str
    state: str
    seconds: float
    totals: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return self.state == "success"

    @property
    def line(self) -> str:
        """The result of the week in one line."""
        if not self.totals:
            return f"{self.state} after {duration(self.seconds)}"
        return (
            f"{count(self.totals.get('sampled', 0), 'conversation')}, {count(self.totals.get('landed_rows', 0), 'label')},"
            f" {_cost(self.totals)}, {duration(self.seconds)}"
        )


def read_summary(folder: DemoFolder, week: str, run_id: str, *, state: str, seconds: float) -> RunSummary:
    totals = read_json(Lake(str(folder.lake)).run(week, run_id).totals)
    return RunSummary(week, run_id, state, seconds, totals if isinstance(totals, dict) else {})


def print_summary(
    console: Console,
    folder: DemoFolder,
    outcomes: Sequence[RunSummary],
    *,
    url: str,
    endpoints: OwnEndpoints | None = None,
) -> None:
    """Print counts, cost, the paths of the results, and what made the labels: the endpoints, or without them the simulator."""
    with_totals = [outcome for outcome in outcomes if outcome.totals]
    if with_totals:
        console.print(_table(with_totals))
    lake = Lake(str(folder.lake))
    report = next((lake.report(outcome.week) for outcome in reversed(outcomes) if exists(lake.report(outcome.week))), None)
    places = {
        "Report": Path(report).as_uri() if report else "not written",
        "Labels": str(folder.lake / "labels"),
        "Airflow": f"{url}  (no login required; for this demo on this machine only)",
        "Logs": str(folder.logs),
    }
    console.print()
    for name, place in places.items():
        console.print(Text(f"  {name:<8} {place}"), soft_wrap=True)
    console.print(Text(f"  {_origin_of_labels(endpoints)}", style="dim"), soft_wrap=True)


def _origin_of_labels(endpoints: OwnEndpoints | None) -> str:
    if endpoints is not None:
        return f"Labels come from {'; '.join(endpoints.places)}."
    return (
        "Labels come from the simulator, which matches words; no language model is involved."
        " The cost is what a small hosted model would have charged."
    )


def _table(outcomes: Sequence[RunSummary]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for name in ("week", "sampled", "landed", "cost", "time", "by status"):
        table.add_column(name, justify="left" if name in {"week", "by status"} else "right", no_wrap=name != "by status")
    for outcome in outcomes:
        totals = outcome.totals
        table.add_row(
            outcome.week,
            number(totals.get("sampled", 0)),
            f"{number(totals.get('landed_rows', 0))} of {number(totals.get('expected_rows', 0))}",
            money(totals.get("cost_usd")),
            duration(outcome.seconds),
            tally(totals.get("by_status") or {}),
        )
    return table


def _cost(totals: Mapping[str, Any]) -> str:
    usd = totals.get("cost_usd")
    return "cost unknown" if usd is None else money(usd)

"""A repair as a Markdown page: verdict first, then what the proposal is worth, what it changes, and how it was found."""

import difflib
from collections.abc import Iterator

from semtel_ops.humanize import coefficient, count, money, number, percent, points, tally
from semtel_ops.repair.confirm import Verdict
from semtel_ops.repair.result import REFERENCES, Compared, PartChange, Repair

_HEADS = {
    Verdict.BETTER: "Better",
    Verdict.NOT_SHOWN: "Not shown to be better",
    Verdict.NO_WINNER: "Nothing better was found",
}


def markdown(repair: Repair) -> str:
    """The page of a repair. It contains wording of prompts, and no text and no id of a conversation."""
    return "\n".join(_lines(repair)).rstrip() + "\n"


def _lines(repair: Repair) -> Iterator[str]:
    yield f"# {repair.title}: {_HEADS[repair.verdict].lower()}"
    yield ""
    yield f"Prompt `{repair.classifier}` {repair.start_version}, model {repair.model}: {repair.reason}."
    if repair.simulated:
        yield ""
        yield "The simulator answered: these figures say nothing about a model."
    yield ""
    yield f"Compared with {REFERENCES[repair.reference]}."
    yield ""
    if repair.prompt is not None:
        yield from _worth(repair)
        yield from _proposal(repair)
    yield from _way(repair)


def _worth(repair: Repair) -> Iterator[str]:
    yield "## What it is worth"
    yield ""
    yield "| rows | n | kappa before | after | right before | after | share shift before | after |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, compared in (
        ("search (optimistic: changes were made on them)", repair.search),
        ("select (optimistic: they chose the proposal)", repair.select),
        ("**confirm** (read once)", repair.confirm),
    ):
        if compared is not None:
            yield _row(name, compared)
    yield ""
    before, after = repair.cost_per_1000_start_usd, repair.cost_per_1000_usd
    yield f"Cost of 1,000 conversations: {money(before)} before, {money(after)} after."
    yield ""


def _row(name: str, of: Compared) -> str:
    start, now = of.start, of.proposal
    cells = (
        name, number(start.n), coefficient(start.kappa), coefficient(now.kappa), percent(start.agreement),
        percent(now.agreement), percent(start.shift), percent(now.shift),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _proposal(repair: Repair) -> Iterator[str]:
    yield f"## What changes: {repair.start_version} → {repair.version}"
    yield ""
    for change in repair.changes:
        yield f"**{change.part}**"
        yield ""
        yield "````diff"
        yield from _diff(change)
        yield "````"
        yield ""
    if repair.verdict is Verdict.BETTER:
        yield "Nothing is adopted by itself. Read the change; to use it:"
    else:
        yield "It is not shown to be better, so there is no reason to use it. To use it all the same:"
    yield ""
    yield "```bash"
    yield repair.command or ""
    yield "```"
    yield ""


def _diff(change: PartChange) -> Iterator[str]:
    """Changed lines, each with the line before and after it."""
    lines = difflib.unified_diff(change.before.splitlines(), change.after.splitlines(), n=1, lineterm="")
    for line in lines:
        if not line.startswith(("---", "+++", "@@")):
            yield line


def _way(repair: Repair) -> Iterator[str]:
    yield "## How it was found"
    yield ""
    search, select, confirm = repair.rows
    yield f"- Rows: {number(search)} to search, {number(select)} to choose, {number(confirm)} to confirm."
    yield f"- Tried: {count(repair.tried, 'prompt')}; {repair.stopped}."
    if repair.mutations:
        steps = (f"{step.mutator} ({step.note})" if step.note else step.mutator for step in repair.mutations)
        yield f"- Steps: {'; '.join(steps)}."
    yield f"- Proposals refused: {tally(repair.refused)}."
    if repair.confirmation is not None:
        found = repair.confirmation
        yield (
            f"- Look {number(found.look)} at these rows: the proposal alone is right in {count(found.won, 'row')}, the start "
            f"prompt alone in {number(found.lost)}; {points(found.change)} points, one-sided mid-p {found.p_value:.2g}, "
            f"allowed {found.alpha:.2g}. Each further look at the same rows is allowed less."
        )
    limit = "" if repair.budget_usd is None else f" of {money(repair.budget_usd)}"
    yield f"- Spent: {money(repair.spent_usd)}{limit}."

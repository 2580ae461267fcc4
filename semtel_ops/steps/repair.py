"""Repair a prompt: search for a better wording, choose one, and look once at rows that nothing was chosen on.

Nothing is adopted: the result is a folder with the proposed prompt, repair.json and repair.md, for a person to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from semtel_ops.endpoints import Lane
from semtel_ops.repair import Confirmation, Found, Guard, Search, Task, confirm, load_library
from semtel_ops.repair.confirm import alpha_of
from semtel_ops.repair.guard import MAX_GROWTH
from semtel_ops.repair.result import Reference, Repair
from semtel_ops.repair.search import end_of_search_usd
from semtel_ops.repair.split import in_common
from semtel_ops.runs.resources import Resources
from semtel_ops.steps.repair_answers import SetLabeller
from semtel_ops.steps.repair_notebook import FolderNotebook
from semtel_ops.steps.repair_result import result_of, write_result
from semtel_ops.steps.repair_rows import ShownRows, turn_texts
from semtel_ops.steps.repair_setup import RepairOptions, RepairSetup, set_up
from semtel_ops.steps.repair_suggestions import Suggestions
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.repair_ledger import RepairLedger

_SAME_ROWS = 0.1
"""Rows in common from which looks at two sets are counted together: gold that grows by a week keeps most of its rows."""


@dataclass(frozen=True, slots=True)
class RepairForecast:
    """What a repair is expected to take.

    Attributes:
        rows: of search, select and confirm.
        least_usd: what a budget must at least be; None: a model has no known price.
        most_usd: with every prompt asked about every row; suggestions and dearer efforts are not counted.
    """

    rows: tuple[int, int, int]
    least_usd: float | None
    most_usd: float | None


def repair(
    labeller: SetLabeller,
    classifier: str,
    reference: Mapping[str, str],
    *,
    reference_is: Reference,
    out: str,
    ledger: Ledger,
    options: RepairOptions | None = None,
    resources: Resources | None = None,
) -> Repair:
    """Repair a classifier's prompt for a labeller. Killed and started again, it goes on, and pays nothing twice.

    Args:
        labeller: whose prompt it is; the prompt is that of its plan's prompts folder.
        reference: conversation id → right label, as `evaluation.comparison.spelled` writes it. Rows without are not used.
        out: URL of a folder for the result; one for each classifier and labeller.
        ledger: counts looks at the rows that confirm.

    Raises:
        ConfigError: too few rows, or too small a budget.
        BudgetExceededError: choosing or confirming costs more than forecast; what was paid is kept.
    """
    options, resources, out = options or RepairOptions(), resources or Resources(), out.rstrip("/")
    with set_up(
        labeller, classifier, reference, reference_is=reference_is, out=out, options=options, resources=resources
    ) as setup:
        search = _search(setup, out)
        found = search.run()
        looked = None if found.winner is None else _look(setup, search, found, ledger)
        result = result_of(setup, search, found, looked, out)
        write_result(result, setup, found, out)
    resources.progress.say(f"{classifier}: {result.reason}")
    return result


def forecast_repair(
    labeller: SetLabeller,
    classifier: str,
    reference: Mapping[str, str],
    *,
    out: str,
    options: RepairOptions | None = None,
    resources: Resources | None = None,
) -> RepairForecast:
    """Forecast a repair without any reply known. Sends no requests.

    Raises:
        ConfigError: too few rows.
    """
    options, resources = options or RepairOptions(), resources or Resources()
    with set_up(
        labeller, classifier, reference, reference_is=Reference.GOLD, out=out.rstrip("/"), options=options, resources=resources
    ) as setup:
        rows, start = setup.rows, setup.source.parts
        sizes = (len(rows.search), len(rows.select), len(rows.confirm))
        if setup.endpoint.price is None:
            return RepairForecast(sizes, None, None)
        search = setup.ask.forecast_usd(start, rows.search)
        end = end_of_search_usd(setup.ask, start, rows, setup.efforts, options.search)
    config = options.search
    tried = min(config.max_prompts, config.mutations * (1 + config.beam * (config.depth - 1)))
    return RepairForecast(sizes, search + end, search * (1 + MAX_GROWTH * tried) + end)


def _search(setup: RepairSetup, out: str) -> Search:
    labeller, options, start = setup.labeller, setup.options, setup.source.parts
    shown = ShownRows(labeller)
    library = load_library(options.library or labeller.plan.include_path / "repair" / "instructions.yaml")
    task = Task(
        start=start,
        truth=setup.reference,
        rows=setup.rows,
        guard=Guard(turn_texts(labeller.frozen), start),
        valid=setup.prompts.valid,
        levels=setup.prompts.start.answer_kind.levels,
        efforts=setup.efforts,
        library=library.of_kind(start.kind),
        show=shown if options.show_conversations else None,
    )
    run_id = f"repair.{setup.classifier}.{labeller.name}.suggest"
    suggestions = Suggestions(setup.endpoint, labeller.journal_url, run_id, setup.resources, texts=shown.texts)
    return Search(
        task,
        ask=setup.ask,
        notebook=FolderNotebook(f"{out}/notes"),
        config=options.search,
        propose=suggestions if options.suggest and Lane.REALTIME in setup.endpoint.lanes else None,
        say=setup.resources.progress.say,
    )


def _look(setup: RepairSetup, search: Search, found: Found, ledger: Ledger) -> Confirmation:
    """Count the look at the rows that confirm, then take it."""
    assert found.winner is not None
    start, winner, rows = found.start.trial, found.winner.trial, setup.rows.confirm
    spec = setup.prompts.spec(winner.parts)
    assert spec is not None  # it was asked
    looks = RepairLedger(ledger)
    look = looks.begin(
        set_hash=setup.rows.confirm_hash,
        sketch=setup.rows.confirm_sketch,
        classifier=setup.classifier,
        model=setup.endpoint.model,
        start=setup.prompts.start.fingerprint,
        proposal=spec.fingerprint,
        now=datetime.fromtimestamp(setup.resources.clock.now(), UTC),
        alpha_of=alpha_of,
        shares_rows=lambda first, second: in_common(first, second) >= _SAME_ROWS,
    )
    for trial in (start, winner):
        search.ask_about(trial, rows)
    pairs = [(start.labels[row] == setup.reference[row], winner.labels[row] == setup.reference[row]) for row in rows]
    shown = confirm(len(rows), pairs.count((True, False)), pairs.count((False, True)), look.look)
    looks.finish(replace(look, n=shown.n, lost=shown.lost, won=shown.won, p_value=shown.p_value, verdict=shown.verdict.value))
    return shown

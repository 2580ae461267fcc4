"""The published runs of a ledger, and that of a week that somebody named."""

from semtel_ops.errors import ConfigError
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_rows import RunRecord
from semtel_ops.store.ledger_tables import RunState

_NAMED = 5


def published_runs(ledger: Ledger) -> list[RunRecord]:
    """The published run of each week, by week."""
    return [run for run in ledger.runs() if run.state is RunState.PUBLISHED]


def published_run_of(ledger: Ledger, week: str) -> RunRecord:
    """The published run of a week.

    Raises:
        ConfigError: there is none; the message names the latest published weeks.
    """
    run = ledger.published_run(week)
    if run is None:
        known = [one.week for one in published_runs(ledger)][-_NAMED:]
        raise ConfigError("week", week, f"is not published; published: {', '.join(known) or 'no week yet'}")
    return run

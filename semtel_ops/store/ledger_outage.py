"""Outages of a ledger's database: which errors are one, how long its users wait, and what they then do again.

A transaction that is lost with its connection has changed nothing and may be run again. After a COMMIT without an answer, the
server is asked what became of it.
"""

import functools
import logging
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, ParamSpec, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from semtel_ops.clock import PausingClock, SystemClock
from semtel_ops.errors import StoreError

log = logging.getLogger(__name__)

OUTAGE_S: Final = 120.0
"""How long a step waits for the database. A restart or a failover takes less; Airflow retries after that."""

_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0
_REPLAYS = 4
"""How often a transaction is run again: a connection that is lost so often is not lost by accident."""

_TRANSIENT_STATES = re.compile("08|57P0[1235]|25P03|53300|40001|40P01")
"""Of PostgreSQL: connection lost, shut down, starting, session ended, no connection free, conflict with another transaction."""
_TRANSIENT_REFUSAL = re.compile(
    "starting up|shutting down|recovery|not yet accepting|too many (clients|connections)|connection slots|terminating"
)
_REFUSAL = re.compile("FATAL:|certificate|does not support SSL|no password supplied|invalid")
"""Of a connection that cannot be made: these come from its settings, and waiting changes nothing."""
_SQLITE_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_XACT_STATUS_SINCE: Final = (13,)

NOTHING: Final = ""
"""Id of a transaction that changed nothing, so that it does not matter whether it was committed."""

P = ParamSpec("P")
T = TypeVar("T")


class LedgerLostError(StoreError):
    """The connection to the database was lost in a transaction, which has changed nothing."""


class UndecidedError(StoreError):
    """A transaction without an answer that has not ended yet."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a database that does not answer; 0 raises the first error."""

    seconds: float = 0.0
    clock: PausingClock = field(default_factory=SystemClock)

    def wait_for(self, what: str, call: Callable[[], T]) -> T:
        """Call until there is no outage, and at least once. Other errors are raised at once.

        Args:
            what: the database, for the log.
        """
        end, pause, waiting = self.clock.monotonic() + self.seconds, _FIRST_PAUSE_S, False
        while True:
            try:
                result = call()
            except Exception as error:
                left = end - self.clock.monotonic()
                if left <= 0 or not is_outage(error):
                    raise
                if not waiting:
                    log.warning("%s: %s; trying again for %.0f s", what, reason_of(error), left)
                waiting = True
                self.clock.pause(min(pause, left))
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            else:
                if waiting:
                    log.info("%s: answers again", what)
                return result


IMPATIENT: Final = Patience()
PATIENT: Final = Patience(OUTAGE_S)


def replayed(call: Callable[P, T]) -> Callable[P, T]:
    """Run a function again if its transaction was lost. Only for functions that do nothing but one transaction."""

    @functools.wraps(call)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(_REPLAYS):
            try:
                return call(*args, **kwargs)
            except LedgerLostError as error:
                log.warning("%s is run again: %s", call.__qualname__, reason_of(error.__cause__ or error))
        return call(*args, **kwargs)

    return run


def is_outage(error: BaseException) -> bool:
    """Whether the same call can succeed later without any change: connection lost or refused, or a locked SQLite file."""
    if isinstance(error, UndecidedError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        if error.orig is None:
            return False
        error = error.orig
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_BUSY
    if type(error).__module__.partition(".")[0] != "psycopg":  # imported only where it is used
        return False
    state: str | None = getattr(error, "sqlstate", None)
    if state is not None:
        return _TRANSIENT_STATES.match(state) is not None
    if not any(kind.__name__ == "OperationalError" for kind in type(error).__mro__):
        return False
    return _TRANSIENT_REFUSAL.search(str(error)) is not None or _REFUSAL.search(str(error)) is None


def reason_of(error: BaseException) -> str:
    """The driver's message in one line, without the values of the statement."""
    return str(getattr(error, "orig", None) or error).strip().split("\n", 1)[0]


def transaction_id(connection: Connection) -> str | None:
    """Id of the transaction, by which the server knows later what became of it: NOTHING if it changed nothing.

    None on SQLite, where an answer cannot be lost, and on PostgreSQL before 13, which cannot be asked.
    """
    version = connection.dialect.server_version_info
    if connection.dialect.name != "postgresql" or version is None or version < _XACT_STATUS_SINCE:
        return None
    identity: str | None = connection.execute(text("SELECT pg_current_xact_id_if_assigned()::text")).scalar_one()
    return identity or NOTHING


def outcome(connection: Connection, transaction: str) -> str | None:
    """`committed`, `aborted` or `in progress`; None if the server has forgotten the transaction."""
    query = text("SELECT pg_xact_status(CAST(:transaction AS xid8))")
    status: str | None = connection.execute(query, {"transaction": transaction}).scalar_one()
    return status

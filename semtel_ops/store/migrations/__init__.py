"""The ledger's schema versions: how a database gets from any of them to the latest.

Here: the migrations (`versions/`), which of them a database has, and running the others. Not here: the tables as the code
sees them (`store.ledger_tables`), or when to upgrade, with a backup and alone (`store.ledger_upgrade`).
"""

from semtel_ops.store.migrations.schema import (
    BASELINE,
    HEAD,
    VERSION_TABLE,
    VERSIONS,
    Migration,
    Standing,
    migrate,
    pending,
    standing_of,
    version_of,
)

__all__ = [
    "BASELINE",
    "HEAD",
    "VERSIONS",
    "VERSION_TABLE",
    "Migration",
    "Standing",
    "migrate",
    "pending",
    "standing_of",
    "version_of",
]

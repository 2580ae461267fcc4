"""Migrations of the ledger's schema, from any supported version to the latest.

Here: the migrations (`versions/`), the version of a database, and running migrations. Not here: the tables that the code uses
(`store.ledger_tables`), or the upgrade with its backup and lock (`store.ledger_upgrade`).
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

"""Table of prompt repairs: every look at rows that confirm."""

from sqlalchemy import Float, Index, Integer, String, Table

from semtel_ops.store.ledger_columns import UtcDateTime, column, key, metadata

_OPEN = "the look was begun and not finished; starting the same repair again finishes it"

repair_look = Table(
    "repair_look",
    metadata,
    key("set_hash", String(32), "Hash of the ids of the rows that confirm."),
    key("classifier", String(250), "The classifier."),
    key("look", Integer, "Number of the look at these rows, or at sets that share rows with them, from 1."),
    column("sketch", String(512), "Some hashes of the ids of these rows, by which sets that share rows are recognised."),
    column("model", String(250), "Model that was asked."),
    column("start", String(64), "Fingerprint of the prompt that was repaired."),
    column("proposal", String(64), "Fingerprint of the prompt that was compared with it."),
    column("looked_at", UtcDateTime, "When the look was begun."),
    column("alpha", Float, "Error rate that the look may use, one-sided."),
    column("n", Integer, "Rows that were compared.", unit="rows", null=_OPEN),
    column("lost", Integer, "Of these, rows where only the start prompt is right.", unit="rows", null=_OPEN),
    column("won", Integer, "Rows where only the proposal is right.", unit="rows", null=_OPEN),
    column("p_value", Float, "One-sided mid-p of McNemar's test.", null=_OPEN),
    column("verdict", String(16), "What the look showed.", null=_OPEN, values=("better", "not_shown")),
    Index("repair_look_by_time", "looked_at"),
)
"""Looks at the rows that confirm a repaired prompt. A look is counted before it is taken."""

"""Looks at the rows that confirm a repaired prompt."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "repair_look",
        sa.Column("set_hash", sa.String(32), primary_key=True),
        sa.Column("classifier", sa.String(250), primary_key=True),
        sa.Column("look", sa.Integer, primary_key=True),
        sa.Column("sketch", sa.String(512), nullable=False),
        sa.Column("model", sa.String(250), nullable=False),
        sa.Column("start", sa.String(64), nullable=False),
        sa.Column("proposal", sa.String(64), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alpha", sa.Float, nullable=False),
        sa.Column("n", sa.Integer),
        sa.Column("lost", sa.Integer),
        sa.Column("won", sa.Integer),
        sa.Column("p_value", sa.Float),
        sa.Column("verdict", sa.String(16)),
    )
    op.create_index("repair_look_by_time", "repair_look", ["looked_at"])

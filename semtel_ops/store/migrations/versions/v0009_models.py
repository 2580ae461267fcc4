"""The models behind endpoints: when they shut down, and how the sentinels answered each day.

What a batch endpoint refuses is written in more words than before: the columns that keep it are wider.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "model_listing",
        sa.Column("endpoint", sa.String(250), primary_key=True),
        sa.Column("model", sa.String(250), nullable=False),
        sa.Column("shutdown_date", sa.Date),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("asked_on", sa.Date, nullable=False),
    )
    op.create_table(
        "sentinel_day",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("endpoint", sa.String(250), primary_key=True),
        sa.Column("classifier", sa.String(250), primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("sentinels", sa.String(32), nullable=False),
        sa.Column("labeller", sa.String(16), nullable=False),
        sa.Column("model", sa.String(250), nullable=False),
        sa.Column("served_model", sa.String(250)),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("flips", sa.Integer, nullable=False),
        sa.Column("p0", sa.Float, nullable=False),
        sa.Column("e_value", sa.Float, nullable=False),
        sa.Column("alarmed", sa.Boolean, nullable=False),
        sa.Column("cost_usd", sa.Float),
    )
    with op.batch_alter_table("batch_job") as batch:  # SQLite changes a column by writing the table anew
        for name in ("dialect", "next_dialect"):
            batch.alter_column(name, type_=sa.String(128))

"""Who labelled: the labellers of published weeks, and shares that labels by people have corrected.

Weeks that are already published keep their shares; who labelled them is not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_WEEKLY_SHARE = (
    sa.Column("labeller", sa.String(16)),
    sa.Column("share_corrected", sa.Float),
    sa.Column("corrected_low", sa.Float),
    sa.Column("corrected_high", sa.Float),
    sa.Column("corrected_n", sa.Integer),
    sa.Column("corrected_method", sa.String(16)),
    sa.Column("corrected_note", sa.Text),
)
_LABEL = (
    sa.Column("served_model", sa.String(250)),
    sa.Column("system_fingerprint", sa.String(250)),
    sa.Column("labeller", sa.String(16)),
)


def upgrade() -> None:
    op.create_table(
        "labeller",
        sa.Column("labeller", sa.String(16), primary_key=True),
        sa.Column("classifier", sa.String(250), nullable=False),
        sa.Column("model", sa.String(250), nullable=False),
        sa.Column("served_model", sa.String(250), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("prompts", sa.String(64)),
        sa.Column("reasoning_effort", sa.String(16)),
        sa.Column("strategy", sa.String(64)),
        sa.Column("settings", sa.Text),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "weekly_labeller",
        sa.Column("week", sa.String(8), primary_key=True),
        sa.Column("classifier", sa.String(250), primary_key=True),
        sa.Column("labeller", sa.String(16), primary_key=True),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("model", sa.String(250), nullable=False),
        sa.Column("served_model", sa.String(250)),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
    )
    for column in _WEEKLY_SHARE:
        op.add_column("weekly_share", column.copy())
    for column in _LABEL:
        op.add_column("label", column.copy())

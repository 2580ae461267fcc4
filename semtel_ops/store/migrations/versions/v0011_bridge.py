"""Bridges: what a change of the labeller did to a week's shares, and what the users did."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_NUMBERS = (
    "share_before", "labeller_change", "labeller_low", "labeller_high", "labeller_p", "seen_before", "seen_low", "seen_high",
    "seen_effective_n", "users_change", "users_low", "users_high", "users_p",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "bridge",
        sa.Column("week", sa.String(8), primary_key=True),
        sa.Column("classifier", sa.String(250), primary_key=True),
        sa.Column("label", sa.String(250), primary_key=True),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("week_before", sa.String(8), nullable=False),
        sa.Column("labeller_before", sa.String(16), nullable=False),
        sa.Column("labeller", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("m", "only_before", "only_now")),
        *(sa.Column(name, sa.Float, nullable=False) for name in _NUMBERS),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("labeller_is_real", "users_is_real")),
    )

"""Alignments: how a candidate labels compared with the incumbent labeller, and who adopted it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "alignment",
        sa.Column("alignment_id", sa.String(250), primary_key=True),
        sa.Column("candidate", sa.String(250), primary_key=True),
        sa.Column("classifier", sa.String(250), primary_key=True),
        sa.Column("incumbent", sa.String(250), nullable=False),
        sa.Column("incumbent_labeller", sa.String(16), nullable=False),
        sa.Column("incumbent_model", sa.String(250), nullable=False),
        sa.Column("incumbent_served_model", sa.String(250), nullable=False),
        sa.Column("incumbent_version", sa.String(64), nullable=False),
        sa.Column("incumbent_prompts", sa.String(64), nullable=False),
        sa.Column("incumbent_effort", sa.String(16)),
        sa.Column("candidate_labeller", sa.String(16), nullable=False),
        sa.Column("candidate_model", sa.String(250), nullable=False),
        sa.Column("candidate_served_model", sa.String(250), nullable=False),
        sa.Column("candidate_version", sa.String(64), nullable=False),
        sa.Column("candidate_prompts", sa.String(64), nullable=False),
        sa.Column("candidate_effort", sa.String(16)),
        sa.Column("strategy", sa.String(64), nullable=False),
        sa.Column("set_fingerprint", sa.String(64), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("margin", sa.Float, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("decision", sa.String(24), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("excess", sa.Float, nullable=False),
        sa.Column("excess_low", sa.Float, nullable=False),
        sa.Column("excess_high", sa.Float, nullable=False),
        sa.Column("incumbent_flips", sa.Float, nullable=False),
        sa.Column("candidate_flips", sa.Float, nullable=False),
        sa.Column("incumbent_invalid", sa.Float, nullable=False),
        sa.Column("candidate_invalid", sa.Float, nullable=False),
        sa.Column("kappa_difference", sa.Float),
        sa.Column("kappa_low", sa.Float),
        sa.Column("kappa_high", sa.Float),
        sa.Column("gold_n", sa.Integer, nullable=False),
        sa.Column("shifts", sa.Text, nullable=False),
        sa.Column("cost_per_1000_usd", sa.Float),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True)),
        sa.Column("adopted_by", sa.String(250)),
        sa.Column("adopted_reason", sa.Text),
    )
    op.create_index("alignment_of_classifier", "alignment", ["classifier", "measured_at"])

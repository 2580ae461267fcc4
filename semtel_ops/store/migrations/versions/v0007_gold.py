"""Tables of gold labels: draws of conversations for people to label, and what models and people said about them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "gold_draw",
        sa.Column("draw_id", sa.String(64), primary_key=True),
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("salt", sa.String(250), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("drawn", sa.Integer, nullable=False),
        sa.Column("population", sa.BigInteger, nullable=False),
        sa.Column("classifiers", sa.Text, nullable=False),
        sa.Column("design", sa.Text, nullable=False),
        sa.Column("shared_share", sa.Float, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
    )
    op.create_index("gold_draw_of_week", "gold_draw", ["week"])
    op.create_table(
        "gold_item",
        sa.Column("draw_id", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("stratum", sa.Text, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("sample_weight", sa.Float, nullable=False),
        sa.Column("shard", sa.Integer, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
    )
    op.create_index("gold_item_by_position", "gold_item", ["draw_id", "position"])
    op.create_table(
        "gold_answer",
        sa.Column("draw_id", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("classifier", sa.String(250), primary_key=True),
        sa.Column("run_id", sa.String(250), primary_key=True),
        sa.Column("label", sa.Text),
        sa.Column("labels", sa.Text),
        sa.Column("labeller", sa.String(64)),
        sa.Column("model", sa.String(250)),
        sa.Column("classifier_version", sa.String(64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "gold_label",
        sa.Column("draw_id", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("classifier", sa.String(250), primary_key=True),
        sa.Column("person", sa.String(250), primary_key=True),
        sa.Column("label", sa.Text),
        sa.Column("labels", sa.Text),
        sa.Column("skipped", sa.Boolean, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("gold_label_of_classifier", "gold_label", ["classifier", "draw_id"])
    op.create_table(
        "gold_ruling",
        sa.Column("draw_id", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.Text, primary_key=True),
        sa.Column("classifier", sa.String(250), primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("labels", sa.Text),
        sa.Column("person", sa.String(250), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    )

"""The SQL tables of gold labels: what was drawn for people to label, what the model said, and what people said.

In the ledger's `metadata`. No table contains conversation text.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text

from semtel_ops.store.ledger_columns import UtcDateTime, column, key, metadata, run_id, week

_SEVERAL = "the answer is one label"


def _draw_id() -> Column[Any]:
    return key("draw_id", String(64), "The draw.")


def _conversation() -> Column[Any]:
    return key("conversation_id", Text, "Id of the conversation, as in the lake.")


def _classifier() -> Column[Any]:
    return key("classifier", String(250), "Id of the classifier.")


gold_draw = Table(
    "gold_draw",
    metadata,
    key("draw_id", String(64), "Week and a hash of all that decides the draw: the same draw has the same id."),
    week("ISO week whose published conversations were drawn from.", key=False),
    run_id("The run that was published then.", key=False),
    column("salt", String(250), "Conversations are drawn in the order of md5(salt || id)."),
    column("size", Integer, "Conversations that were asked for.", unit="conversations"),
    column("drawn", Integer, "Conversations that were drawn.", unit="conversations"),
    column("population", BigInteger, "Conversations of the run, which were drawn from.", unit="conversations"),
    column("classifiers", Text, "JSON list of the classifiers that people label by."),
    column("design", Text, "JSON: `strata` with name, population and drawn, and `rare` with the labels drawn more often."),
    column(
        "shared_share", Float, "Share of the conversations that every person gets, 0 to 1; each other one goes to one person."
    ),
    column("created_at", UtcDateTime, "When it was drawn."),
    column("created_by", String(250), "User who drew it."),
    Index("gold_draw_of_week", "week"),
)
"""Probability samples of published weeks, for people to label."""

gold_item = Table(
    "gold_item",
    metadata,
    _draw_id(),
    _conversation(),
    column("position", Integer, "Order in which people get the conversations, from 0; any first part is a random sample too."),
    column("stratum", Text, "Rare labels that the conversation has, or empty."),
    column("probability", Float, "Probability with which the conversation was drawn from the run, above 0 to 1."),
    column("sample_weight", Float, "Conversations of the population that it represents.", unit="conversations"),
    column("shard", Integer, "Shard of the week's sample that has its text."),
    column("shared", Boolean, "Whether every person gets the conversation, or only one."),
    week("ISO week of the conversation.", key=False),
    run_id("The run that was published when it was drawn.", key=False),
    Index("gold_item_by_position", "draw_id", "position"),
)
"""Conversations of a draw, with exactly known probabilities."""

gold_answer = Table(
    "gold_answer",
    metadata,
    _draw_id(),
    _conversation(),
    _classifier(),
    run_id("The published run that the answer is from."),
    column("label", Text, "Id of the (first) label.", null="the row was not a success"),
    column("labels", Text, "JSON list of all labels.", null=_SEVERAL),
    column("labeller", String(64), "Id of the labeller.", null="the row names none"),
    column(
        "model", String(250), "Model that answered: as the reply names it, else as it was asked.", null="the row names none"
    ),
    column("classifier_version", String(64), "Version of the classifier's prompt file."),
    column("recorded_at", UtcDateTime, "When the answer was copied from the published rows."),
)
"""What the model said about drawn conversations, kept so that gold stays useful when the week is labelled again or removed."""

gold_label = Table(
    "gold_label",
    metadata,
    _draw_id(),
    _conversation(),
    _classifier(),
    key("person", String(250), "Who labelled: a user of Airflow, or a name that the imported file gives."),
    column("label", Text, "Id of the label; of several, the first in the prompt file's order.", null="skipped"),
    column("labels", Text, "JSON list of all labels, or of the rubric items that apply.", null=_SEVERAL),
    column("skipped", Boolean, "Whether the person passed over the conversation."),
    column("source", String(8), "Where it was labelled.", values=("page", "import")),
    column("seconds", Float, "Time from showing the conversation to the label.", unit="seconds", null="not measured"),
    column("changes", Integer, "How often the label was changed after the person had seen the model's."),
    column("labelled_at", UtcDateTime, "When it was labelled, or last changed."),
    Index("gold_label_of_classifier", "classifier", "draw_id"),
)
"""Labels by people, each given without seeing the model's or another person's."""

gold_ruling = Table(
    "gold_ruling",
    metadata,
    _draw_id(),
    _conversation(),
    _classifier(),
    column("label", Text, "Id of the label that counts."),
    column("labels", Text, "JSON list of all labels.", null=_SEVERAL),
    column("person", String(250), "Who decided."),
    column("decided_at", UtcDateTime, "When it was decided."),
)
"""Decisions where people disagree."""

GOLD_TABLES = (gold_item, gold_answer, gold_label, gold_ruling)
"""The tables with ids of conversations."""

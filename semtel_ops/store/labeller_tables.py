"""Tables of who labelled: the labellers that the ledger knows, and those of each published week."""

from sqlalchemy import Float, Integer, String, Table, Text

from semtel_ops.store.ledger_columns import UtcDateTime, column, key, metadata, run_id, week

_CARRIED = "the rows were carried over from a run of another configuration"

labeller = Table(
    "labeller",
    metadata,
    key("labeller", String(16), "Id, 16 hex digits: equal for equal labellers, whatever week, endpoint, lane and seed."),
    column("classifier", String(250), "The classifier."),
    column("model", String(250), "Model that was asked, as endpoints.yaml named it when the labeller was first seen."),
    column("served_model", String(250), "Model that answered, as its replies name it."),
    column("version", String(64), "Version of the classifier's prompt file."),
    column("prompts", String(64), "Fingerprint of all prompt text and parameters of its requests.", null=_CARRIED),
    column("reasoning_effort", String(16), "Effort that the endpoint's settings asked for.", null="they named none"),
    column("strategy", String(64), "Fingerprint of how requests are shared and conversations shortened.", null=_CARRIED),
    column("settings", Text, "JSON: parameters and strategy for people.", null=_CARRIED),
    column("first_seen_at", UtcDateTime, "When a published week first had it."),
)
"""Who labelled: served model, prompt, parameters and strategy."""

weekly_labeller = Table(
    "weekly_labeller",
    metadata,
    week(),
    key("classifier", String(250), "The classifier."),
    key("labeller", String(16), "Id of the labeller; empty for labels by an earlier release."),
    run_id("The published run.", key=False),
    column("model", String(250), "Model that was asked."),
    column("served_model", String(250), "Model that answered.", null="an earlier release labelled"),
    column("n", Integer, "Conversations that it labelled.", unit="conversations"),
    column("weight", Float, "Conversations of the population that they represent.", unit="conversations"),
)
"""Labellers of the published run of each week, by classifier."""

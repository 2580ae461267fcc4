"""Tables of the models behind endpoints: what endpoints say of them, and how the sentinels answered each day."""

from sqlalchemy import Boolean, Date, Float, Integer, String, Table

from semtel_ops.store.ledger_columns import column, key, metadata

LISTED_BY = ("endpoint", "models.yaml", "none")
_STATES = ("baseline", "judged")

model_listing = Table(
    "model_listing",
    metadata,
    key("endpoint", String(250), "The endpoint."),
    column("model", String(250), "Model that the endpoint is asked for."),
    column("shutdown_date", Date, "Day on which it stops serving the model.", null="no date is announced or known"),
    column("source", String(16), "Who says so; `none`: nobody has said anything.", values=LISTED_BY),
    column("asked_on", Date, "Day on which the endpoint was last asked for its list of models, in UTC."),
)
"""What each endpoint said when it was last asked, at most once a day, when its model shuts down."""

sentinel_day = Table(
    "sentinel_day",
    metadata,
    key("day", Date, "The day, in UTC."),
    key("endpoint", String(250), "The endpoint that was asked."),
    key("classifier", String(250), "The classifier."),
    column("state", String(8), "Whether the day measured the labels of reference, or was judged by them.", values=_STATES),
    column("sentinels", String(32), "Fingerprint of the fixed set of conversations."),
    column("labeller", String(16), "Id of the labeller as it is asked; another one begins with a baseline of its own."),
    column("model", String(250), "Model that was asked."),
    column("served_model", String(250), "Model that answered, as most replies name it.", null="nothing was answered"),
    column("n", Integer, "Answers that could be compared with a label of reference.", unit="answers"),
    column("flips", Integer, "Answers that differ from the label of reference.", unit="answers"),
    column("p0", Float, "Largest share of flips of a labeller that has not changed: upper end of the baseline's interval."),
    column("e_value", Float, "Evidence for a change since the baseline; 1 is none, and 1/α raises an alert."),
    column("alarmed", Boolean, "Whether the evidence has reached 1/α, on this day or before."),
    column(
        "cost_usd",
        Float,
        "Cost of the endpoint's answers of the day, all classifiers.",
        unit="USD",
        null="a price is unknown",
    ),
)
"""The sentinels' answers: a row for each day, endpoint and classifier."""

"""Table of bridges: what a change of the labeller did to the shares of a published week, and what the users did."""

from sqlalchemy import Boolean, Float, Integer, String, Table

from semtel_ops.store.ledger_columns import column, key, metadata, run_id, week

bridge = Table(
    "bridge",
    metadata,
    week(),
    key("classifier", String(250), "The classifier."),
    key("label", String(250), "The label."),
    run_id("The published run.", key=False),
    column("week_before", String(8), "The last published week before it, whose rows were labelled again."),
    column("labeller_before", String(16), "Labeller of that week, as in `labeller`."),
    column("labeller", String(16), "Labeller of this week, which labelled those rows again."),
    column("m", Integer, "Rows of the week before that both labelled.", unit="rows"),
    column("only_before", Integer, "Of these, rows with the label from the week before's labeller only.", unit="rows"),
    column("only_now", Integer, "Of these, rows with the label from this week's labeller only.", unit="rows"),
    column("share_before", Float, "Share of the week before, as it was published."),
    column(
        "labeller_change",
        Float,
        "The labeller's part of the change: this week's labeller minus the earlier one, on those rows.",
    ),
    column("labeller_low", Float, "Lower end of its 95% interval."),
    column("labeller_high", Float, "Upper end."),
    column("labeller_p", Float, "p-value of the hypothesis that both labellers give the label equally often."),
    column("labeller_is_real", Boolean, "Whether it is significant among all labels of the week."),
    column("seen_before", Float, "Share of the week before as this week's labeller sees it."),
    column("seen_low", Float, "Lower end of its 95% interval, with the error of the bridge."),
    column("seen_high", Float, "Upper end."),
    column("seen_effective_n", Float, "Rows of a simple random sample with the same error.", unit="rows"),
    column("users_change", Float, "The users' part of the change: this week's share minus `seen_before`."),
    column("users_low", Float, "Lower end of its 95% interval."),
    column("users_high", Float, "Upper end."),
    column("users_p", Float, "p-value of the hypothesis that the users did not change it."),
    column("users_is_real", Boolean, "Whether it is significant among all changes of the week."),
)
"""Changes of published weeks over a bridge, by classifier and label."""

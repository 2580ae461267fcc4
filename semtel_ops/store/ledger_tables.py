"""The SQL tables of the ledger: results of each week, for SQL clients and for later runs.

Times are in UTC, money is in USD. No table contains conversation text. A column is nullable exactly if it is declared with the
meaning of null. Changing a name, a type or an index needs a migration (docs/ledger.md); changing a description does not.
"""

from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Boolean, Float, Index, Integer, String, Table, Text, text

from semtel_ops.store.alignment_tables import alignment
from semtel_ops.store.bridge_tables import bridge
from semtel_ops.store.gold_tables import gold_answer, gold_draw, gold_item, gold_label, gold_ruling
from semtel_ops.store.labeller_tables import labeller, weekly_labeller
from semtel_ops.store.ledger_columns import (
    EPOCH,
    UtcDateTime,
    column,
    corrected_share,
    describe_column,
    key,
    metadata,
    run_id,
    shard_number,
    shares,
    week,
)
from semtel_ops.store.model_tables import model_listing, sentinel_day
from semtel_ops.store.repair_tables import repair_look

__all__ = [
    "alignment",
    "bridge",
    "describe_column",
    "gold_answer",
    "gold_draw",
    "gold_item",
    "gold_label",
    "gold_ruling",
    "labeller",
    "metadata",
    "model_listing",
    "repair_look",
    "sentinel_day",
    "weekly_labeller",
]


class RunState(StrEnum):
    """State of a run."""

    PLANNED = "planned"
    RUNNING = "running"
    VALIDATED = "validated"
    """The run passed the quality gate."""
    STOPPED = "stopped"
    """The quality gate stopped the run."""
    PUBLISHED = "published"
    """Its rows are the published rows of the week; at most one run of a week."""
    SUPERSEDED = "superseded"
    """It was published, until another run of the week replaced it."""
    FAILED = "failed"
    REJECTED = "rejected"
    """A person decided not to publish it."""
    DRY_RUN = "dry_run"


class RunKind(StrEnum):
    """Kind of a run."""

    WEEKLY = "weekly"
    """Samples the week and labels the whole sample."""
    REPROCESS = "reprocess"
    """Labels some rows of an earlier run again, and carries the other rows over."""


_ENDPOINTS: Final = (
    "Names of the endpoints that offer the lane, sorted and separated by commas; the figures are for all of them together."
)
_JOB_STATES: Final = (
    "intent", "uploading", "uploaded", "creating", "waiting", "submitted", "ended", "collected", "failed", "split", "dropped",
    "done",
)  # fmt: skip
_LANES: Final = ("realtime", "batch", "flex")
_NOT_GATHERED: Final = "the run is not gathered yet"
_ROW_STATUSES: Final = ("success", "invalid_output", "refused", "error", "expired", "missing")
_NO_LABELLER: Final = "there is no reply, it names none, or an earlier release labelled"
_NOT_MERGED: Final = "its results are not merged yet"


schema_version = Table(
    "schema_version",
    metadata,
    key("version", Integer, "Always 5. The revision of the schema is in Alembic's table `alembic_version_semtel`."),
)
"""For releases from before migrations, which require version 4 and refuse the ledger with 5. This code uses Alembic's table."""

_IS_PUBLISHED = text("state = 'published'")

run = Table(
    "run",
    metadata,
    week(),
    run_id("Name of the run; Airflow's run id for a DAG run."),
    column("state", String(16), "State of the run.", values=RunState),
    column("kind", String(16), "What the run does.", values=RunKind),
    column("started_at", UtcDateTime, "When the run was last planned.", null="never planned"),
    column("finished_at", UtcDateTime, "When the run was closed.", null="under way, or its last task never ran"),
    column("config_fingerprint", String(64), "Fingerprint of the configuration.", null="no report was written yet"),
    column("sampled", BigInteger, "Conversations in the sample.", unit="conversations", null=_NOT_GATHERED),
    column("landed", BigInteger, "Label rows.", unit="rows", null=_NOT_GATHERED),
    column("succeeded", BigInteger, "Of these, rows with status `success`.", unit="rows", null=_NOT_GATHERED),
    column("requests", BigInteger, "Calls that this run made and paid for.", unit="calls", null=_NOT_GATHERED),
    column("reused", BigInteger, "Rows that other runs have paid for.", unit="rows", null=_NOT_GATHERED),
    column("input_tokens", BigInteger, "Prompt tokens of these calls.", unit="tokens", null=_NOT_GATHERED),
    column("output_tokens", BigInteger, "Reply tokens of these calls.", unit="tokens", null=_NOT_GATHERED),
    column("cost_usd", Float, "What this run paid.", unit="USD", null="not gathered yet, or a model has no known price"),
    column("seconds", Float, "Sum of the time spent on each shard.", unit="seconds", null=_NOT_GATHERED),
    column("verdict", String(8), "Of the quality gate.", null="not validated yet", values=("passed", "warn", "stop")),
    column("simulated", Boolean, "Whether the labels come from the simulator.", null=_NOT_GATHERED),
    column(
        "supersedes",
        String(250),
        "Run that was published for this week before.",
        null="there was none, or this run is not published",
    ),
    column("report_url", Text, "URL of the report.", null="no report was written yet"),
    column("message", Text, "Why it failed, was stopped or was rejected.", null="nothing went wrong"),
    column("base_run", String(250), "Of a reprocess: run whose rows it is based on.", null="not a reprocess"),
    column("requested_by", String(250), "Of a reprocess: user of Airflow or of the shell.", null="not a reprocess"),
    column("reason", Text, "Of a reprocess: reason given by that user.", null="not a reprocess"),
    column(
        "approved_by",
        String(250),
        "Who approved the replacement of a published run.",
        null="no approval was needed, or none was given",
    ),
    Index("published_run_of_week", "week", unique=True, sqlite_where=_IS_PUBLISHED, postgresql_where=_IS_PUBLISHED),
)
"""Runs of all weeks."""

shard = Table(
    "shard",
    metadata,
    week(),
    run_id(),
    shard_number(),
    column("state", String(16), "State of the shard; rows are written when it has landed.", values=("landed",)),
    column("conversations", Integer, "Conversations of the shard.", unit="conversations", null="not known"),
    column("rows", BigInteger, "Label rows of the shard.", unit="rows", null="not known"),
    column("requests", BigInteger, "Calls of the last attempt.", unit="calls", null="not known"),
    column("reused", BigInteger, "Rows that other runs have paid for.", unit="rows", null="not known"),
    column("cost_usd", Float, "Cost of all attempts.", unit="USD", null="a model has no known price"),
    column("input_tokens", BigInteger, "Prompt tokens of the last attempt.", unit="tokens", null="not known"),
    column("output_tokens", BigInteger, "Reply tokens of the last attempt.", unit="tokens", null="not known"),
    column("seconds", Float, "Duration of the last attempt.", unit="seconds", null="not known"),
    column("updated_at", UtcDateTime, "When the row was written.", null="written by an earlier release"),
)
"""Results of each landed shard, written when its rows have been checked; they show the progress of a run."""

batch_job = Table(
    "batch_job",
    metadata,
    key("job_key", String(64), "Key of the job, from the run and the content of the job; independent of the attempt."),
    week(key=False),
    run_id(key=False),
    shard_number(key=False),
    column("round", Integer, "1 for the first job of its requests, and one more for each repetition."),
    column("endpoint", String(250), "Name of the endpoint."),
    column("model", String(250), "Model that the requests go to."),
    column("queue", Text, "Account and deployment whose enqueued-token limit the job counts against."),
    column("state", String(16), "State of the job; `intent` is written before anything is sent.", values=_JOB_STATES),
    column("owner", String(32), "Process that works on the job; changes by other processes fail.", null="none"),
    column("fingerprint", String(32), "Hash of base URL, model, dialect and all requests."),
    column("dialect", String(128), "Variant of the request parameters in the input file."),
    column(
        "next_dialect",
        String(128),
        "Variant for the next job, learned from rejected lines.",
        null="no line was rejected for a parameter",
    ),
    column("input_url", Text, "Input file with the requests; removed after the merge."),
    column("keys_url", Text, "File with the keys of the requests."),
    column("unanswered_url", Text, "File with the keys of unanswered requests.", null="not merged yet, or none left"),
    column("requests", BigInteger, "Requests in the input file.", unit="requests"),
    column("bytes", BigInteger, "Size of the input file.", unit="bytes"),
    column("tokens", BigInteger, "Estimated prompt tokens, which the queue counts.", unit="tokens"),
    column("input_file_id", String(250), "The provider's id of the input file.", null="not uploaded yet"),
    column("provider_id", String(250), "The provider's id of the job.", null="not submitted yet"),
    column("output_file_id", String(250), "The provider's id of the replies.", null="none yet"),
    column("error_file_id", String(250), "The provider's id of the errors.", null="none"),
    column(
        "provider_status",
        String(16),
        "State that the provider last reported.",
        null="not submitted yet",
        values=(
            "validating",
            "in_progress",
            "finalizing",
            "cancelling",
            "completed",
            "failed",
            "expired",
            "cancelled",
            "unknown",
        ),
    ),
    column("refusals", Integer, "How often the queue was full for this job."),
    column("not_before", Float, "The job is not submitted before this time.", unit=EPOCH),
    column("touched_at", Float, "Last change by the owner.", unit=EPOCH),
    column("created_at", Float, "When its intent was written.", unit=EPOCH),
    column("submitted_at", UtcDateTime, "When the provider accepted it.", null="not submitted yet"),
    column(
        "finished_at", UtcDateTime, "When the provider ended the job; otherwise when it was merged or given up.", null="not yet"
    ),
    column(
        "completed",
        BigInteger,
        "Requests that the provider has reported as completed while the job runs.",
        unit="requests",
        null="none reported",
    ),
    column("advanced_at", Float, "Last poll at which `completed` had grown.", unit=EPOCH, null="never"),
    column("answered", BigInteger, "Requests with a reply.", unit="requests", null=_NOT_MERGED),
    column("refused", BigInteger, "Requests that a content filter or the model declined.", unit="requests", null=_NOT_MERGED),
    column("failed", BigInteger, "Requests that ended in an error.", unit="requests", null=_NOT_MERGED),
    column("expired", BigInteger, "Requests that were not processed before the job ended.", unit="requests", null=_NOT_MERGED),
    column("missing", BigInteger, "Requests without any line in the results.", unit="requests", null=_NOT_MERGED),
    column("duplicates", BigInteger, "Additional lines for a request.", unit="lines", null=_NOT_MERGED),
    column("foreign_lines", BigInteger, "Lines that belong to no request of the job.", unit="lines", null=_NOT_MERGED),
    column("input_tokens", BigInteger, "Prompt tokens that the provider counted.", unit="tokens", null=_NOT_MERGED),
    column("output_tokens", BigInteger, "Reply tokens that the provider counted.", unit="tokens", null=_NOT_MERGED),
    column(
        "cost_usd",
        Float,
        "Cost of the replies; with that of lost replies, by the provider's sum or as the others on average.",
        unit="USD",
        null="not merged yet, no known price, or all replies are lost",
    ),
    column("message", Text, "Why the job waits, failed or was cancelled.", null="no message"),
    Index("batch_job_of_run", "week", "run_id"),
    Index("batch_job_of_queue", "queue", "state"),
    Index("batch_job_by_submission", "queue", "submitted_at"),
)
"""Batch jobs; `semtel_ops/store/batch_ledger.py` describes the states."""

batch_queue = Table(
    "batch_queue",
    metadata,
    key("queue", Text, "Account and deployment, as in `batch_job.queue`."),
    column("tokens", BigInteger, "Enqueued tokens that the queue accepts.", unit="tokens"),
    column("learned_at", Float, "When a full queue showed this limit.", unit=EPOCH),
)
"""Enqueued-token limits learned from full queues."""

lane_choice = Table(
    "lane_choice",
    metadata,
    week(),
    run_id(),
    shard_number(),
    column("lane", String(16), "Lane that was chosen.", values=_LANES),
    column("reason", Text, "Reason of the choice, in a sentence."),
    column("decided_at", UtcDateTime, "When the lane was chosen."),
    column("due_at", UtcDateTime, "When the shard is expected to have landed."),
    column(
        "rescue_at",
        UtcDateTime,
        "When a batch without progress is stopped and its open requests are sent in realtime.",
        null="lane realtime or flex, or there is no rescue",
    ),
    column("requests", BigInteger, "Estimated requests.", unit="requests"),
    column("input_tokens", BigInteger, "Estimated prompt tokens.", unit="tokens"),
    column("output_tokens", BigInteger, "Estimated reply tokens.", unit="tokens"),
    column("stopped_at", UtcDateTime, "When the batches were stopped for being late.", null="not stopped"),
    column("stop_reason", Text, "Why the batches were stopped.", null="not stopped"),
    column("rescued_at", UtcDateTime, "When open requests of the batch were sent in realtime.", null="not rescued"),
    column("rescue_reason", Text, "Why the shard was rescued.", null="not rescued"),
)
"""Lane of each shard with the reason, and whether its jobs were cancelled and it was rescued."""

lane_record = Table(
    "lane_record",
    metadata,
    week(),
    run_id(),
    key("lane", String(16), "The lane.", values=_LANES),
    column("endpoints", Text, _ENDPOINTS),
    column("rows", BigInteger, "Rows that the lane answered, without reused rows.", unit="rows"),
    column("requests", BigInteger, "Calls for these rows.", unit="calls"),
    column("tokens", BigInteger, "Tokens of prompts and replies.", unit="tokens"),
    column("seconds", Float, "From the first answer to the last.", unit="seconds"),
    column("cost_usd", Float, "Cost of these calls.", unit="USD", null="a model has no known price"),
    column("saved_usd", Float, "Saving compared with the realtime price.", unit="USD", null="a model has no known price"),
    column("measured_at", UtcDateTime, "When the run was gathered."),
)
"""Results of a lane in a run, on which later choices of a lane are based."""

shard_pace = Table(
    "shard_pace",
    metadata,
    week(),
    run_id(),
    shard_number(),
    column("endpoints", Text, _ENDPOINTS),
    column("requests", BigInteger, "Calls.", unit="calls"),
    column("tokens", BigInteger, "Tokens of prompts and replies.", unit="tokens"),
    column("began_at", Float, "When the shard began to send requests.", unit=EPOCH),
    column("ended_at", Float, "When the shard had finished.", unit=EPOCH),
)
"""Results of the realtime lane per shard; gives its rate while a run is in progress."""

experiment_result = Table(
    "experiment_result",
    metadata,
    key("experiment_id", String(250), "The experiment."),
    key("cell", String(250), "The cell: one strategy with one model."),
    key("classifier", String(250), "The classifier."),
    column("model", String(250), "Model that answered."),
    column("prompts", String(64), "Fingerprint of all prompts that the cell used for the classifier."),
    column("strategy_fingerprint", String(64), "Fingerprint of the strategy."),
    column("strategy", Text, "JSON: the settings of `pipeline.yaml` for this strategy."),
    column("baseline", String(16), "What the labels were compared with.", values=("plain", "golden")),
    column("kappa", Float, "Cohen's kappa.", null="only one label occurred"),
    column("kappa_low", Float, "Lower end of its 95% interval.", null="only one label occurred"),
    column("kappa_high", Float, "Upper end.", null="only one label occurred"),
    column("n", Integer, "Conversations that were compared.", unit="conversations"),
    column("agreement", Float, "Share of equal labels, 0 to 1."),
    column("flip_share", Float, "Share of labels that differ between repeats, 0 to 1.", null="no repeats"),
    column("invalid_share", Float, "Share of rows without a label, 0 to 1."),
    column(
        "cost_per_1000_usd",
        Float,
        "Cost of 1,000 conversations with all classifiers of the experiment.",
        unit="USD",
        null="a model has no known price",
    ),
    column("simulated", Boolean, "Whether the simulator answered."),
    column("measured_at", UtcDateTime, "When the experiment was measured."),
    column("url", Text, "URL of the results page."),
    Index("experiment_result_of_classifier", "classifier", "measured_at"),
)
"""Results of experiments by cell and classifier; the strategy gate of weekly runs reads them."""

strategy_event = Table(
    "strategy_event",
    metadata,
    week(),
    run_id(),
    key("classifier", String(250), "The classifier."),
    column("fingerprint", String(32), "Fingerprint of the classifier, which changes with its prompt."),
    column("models", Text, "Models that may have answered, sorted and separated by commas."),
    column("agreement", Float, "Share of combined answers that agree with separate ones, 0 to 1."),
    column("low", Float, "Lower end of its 95% interval."),
    column("high", Float, "Upper end."),
    column("n", Integer, "Answers that were compared.", unit="answers"),
    column("floor", Float, "Agreement that was required, 0 to 1."),
    column("happened_at", UtcDateTime, "When the run decided this."),
)
"""Classifiers whose combined and separate labels agreed too little; later runs send separate requests for them."""

endpoint_share = Table(
    "endpoint_share",
    metadata,
    key("endpoint", String(250), "Name of the endpoint."),
    key("holder", String(250), "The task: run, shard and a random suffix."),
    column("heartbeat_at", Float, "Last heartbeat.", unit=EPOCH),
    column("demand", Float, "Concurrent requests that the task could use.", unit="requests"),
    column("share", Float, "Concurrent requests that the task uses.", unit="requests"),
)
"""Capacity shares: how concurrent tasks divide the concurrency of an endpoint. A row is removed when its task ends."""

weekly_share = Table(
    "weekly_share",
    metadata,
    week(),
    key("classifier", String(250), "The classifier."),
    key(
        "level",
        String(8),
        "`label`; `group`: sum of a group of labels; `item`: an item of a rubric.",
        values=("label", "group", "item"),
    ),
    key("label", Text, "Id of the label, group or item."),
    run_id("The published run.", key=False),
    column("classifier_version", String(64), "Version of the classifier that labelled.", null="no row names one"),
    *shares("Conversations that the classifier labelled."),
    column(
        "labeller",
        String(16),
        "Labeller of most of the classifier's labels; `weekly_labeller` has all of them.",
        null="an earlier release labelled",
    ),
    *corrected_share(),
)
"""Label shares of the published run of each week, with 95% intervals."""

weekly_slice = Table(
    "weekly_slice",
    metadata,
    week(),
    key("classifier", String(250), "The classifier whose labels are counted."),
    key("by_classifier", String(250), "The classifier that defines the slice."),
    key("by_label", Text, "Its label: the slice."),
    key("label", Text, "The label that is counted."),
    run_id("The published run.", key=False),
    *shares("Conversations in the slice that `classifier` labelled."),
)
"""Shares of one classifier's labels within each label of another; slices below `publish.min_slice` are left out."""

quality_result = Table(
    "quality_result",
    metadata,
    week(),
    run_id(),
    key("check_id", String(120), "Id of the check, as in `pipeline.yaml`."),
    key("classifier", String(250), "The classifier; empty for a check of the whole run."),
    column("passed", Boolean, "Whether the check passed."),
    column("severity", String(8), "What a failure does.", values=("warn", "stop")),
    column("description", Text, "What the check examines.", null="not given"),
    column("observed", Text, "The observed value, with its unit.", null="not given"),
    column("expected", Text, "The values that pass, with their unit.", null="not given"),
    column("notes", Text, "Affected labels, example ids, or why the check was not evaluated.", null="not given"),
    column("checked_at", UtcDateTime, "When the check ran.", null="not given"),
)
"""Results of the quality checks of each run."""

label = Table(
    "label",
    metadata,
    week(),
    key("conversation_id", Text, "As in the label rows of the lake, like all columns without another description."),
    key("classifier", String(250), "Id of the classifier."),
    run_id("The published run.", key=False),
    shard_number(key=False),
    column("classifier_version", String(64), "Version of the classifier's prompt file."),
    column("label", Text, "Id of the (first) label.", null="the row is not a success"),
    column("labels", Text, "JSON list of all labels.", null="the classifier gives one label, or not a success"),
    column("score", Float, "Of a scale or a rubric.", null="neither, or not a success"),
    column("confidence", Float, "The model's own confidence, 0 to 1.", null="not asked for, or not a success"),
    column("status", String(16), "Status of the row.", values=_ROW_STATUSES),
    column("matched_by", String(16), "How the reply became a label.", null="the row is not a success"),
    column("lane", String(16), "Lane of the deciding reply.", null="the shard never landed", values=_LANES),
    column("endpoint", String(250), "Endpoint of the deciding reply.", null="the shard never landed"),
    column("model", String(250), "Model of the deciding reply.", null="the shard never landed"),
    column("truncated_tokens", Integer, "Tokens that truncation removed.", unit="tokens"),
    column("input_tokens", BigInteger, "The row's part of the prompt tokens.", unit="tokens"),
    column("output_tokens", BigInteger, "The row's part of the reply tokens.", unit="tokens"),
    column("cost_usd", Float, "The row's part of the cost.", unit="USD", null="a model has no known price"),
    column("sample_weight", Float, "Conversations of the population that the row represents.", unit="conversations"),
    column("classified_at", UtcDateTime, "When the deciding reply arrived.", null="the shard never landed"),
    column(
        "carried_from", String(250), "Run that labelled the row, if a reprocess carried it over.", null="`run_id` labelled it"
    ),
    column("served_model", String(250), "Model that answered, as the reply names it.", null=_NO_LABELLER),
    column("system_fingerprint", String(250), "The provider's id of the configuration that answered.", null=_NO_LABELLER),
    column("labeller", String(16), "Id of the labeller.", null=_NO_LABELLER),
    Index("label_by_week_classifier", "week", "classifier", "label"),
)
"""Published label rows, if `publish.rows_to_sql` is on; without raw replies, which may quote a conversation."""

alert = Table(
    "alert",
    metadata,
    week("ISO week; empty where a run failed before its week was known."),
    run_id(),
    key("key", String(250), "The kind of alert and its object: a classifier, an endpoint, a task."),
    column("kind", String(32), "Kind of alert, as in the runbook."),
    column("severity", String(8), "Severity.", values=("info", "warning", "critical")),
    column("state", String(8), "Whether the alert is open or resolved.", values=("open", "resolved")),
    column("what", Text, "What happened, in a sentence."),
    column("body", Text, "JSON of the whole alert, with ids but without conversation text."),
    column("raised_at", UtcDateTime, "When the alert was raised."),
    column("changed_at", UtcDateTime, "When the alert last changed."),
    column("resolved_at", UtcDateTime, "When the alert was resolved.", null="open"),
    column("resolution", Text, "What resolved the alert.", null="open"),
    Index("alert_by_state", "state", "raised_at"),
)
"""Alerts: one row for each run and key, however often the cause occurs."""

alert_delivery = Table(
    "alert_delivery",
    metadata,
    week("As in `alert`."),
    run_id(),
    key("key", String(250), "As in `alert`."),
    key("event", String(8), "What was sent.", values=("raised", "resolved")),
    key("channel", String(120), "Name of the channel in `pipeline.yaml`."),
    column("state", String(12), "Result of the delivery.", values=("sending", "delivered", "undelivered")),
    column("attempts", Integer, "Number of attempts."),
    column("tried_at", UtcDateTime, "Last attempt."),
    column("problem", Text, "Why the last attempt failed.", null="it did not fail"),
)
"""Notifications by channel: each is sent once, and retried if it could not be sent."""

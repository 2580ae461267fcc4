"""The SQL tables of the ledger: results of each week, for SQL clients and for later runs.

Times are in UTC, money is in USD. No table contains conversation text. A column is nullable exactly if it is declared with the
meaning of null. Changing a name, a type or an index needs a migration (docs/ledger.md); changing a description does not.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Index, Integer, MetaData, String, Table, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from semtel_ops.store.description import Description

metadata = MetaData()


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


class UtcDateTime(TypeDecorator[datetime]):
    """Timezone-aware datetimes; SQLite, which does not store time zones, stores them in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger takes datetimes with a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_DESCRIPTION: Final = "semtel.description"
_ENDPOINTS: Final = (
    "Names of the endpoints that offer the lane, sorted and separated by commas; the figures are for all of them together."
)
_EPOCH: Final = "seconds since 1970, UTC"
_JOB_STATES: Final = (
    "intent", "uploading", "uploaded", "creating", "waiting", "submitted", "ended", "collected", "failed", "split", "dropped",
    "done",
)  # fmt: skip
_LANES: Final = ("realtime", "batch", "flex")
_NOT_GATHERED: Final = "the run is not gathered yet"
_ROW_STATUSES: Final = ("success", "invalid_output", "refused", "error", "expired", "missing")
_NOT_MERGED: Final = "its results are not merged yet"


def _column(
    name: str,
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    text: str,
    *,
    unit: str = "",
    null: str | None = None,
    values: Iterable[str] = (),
    key: bool = False,
) -> Column[Any]:
    description: Description = {"text": text, "unit": unit, "null": null, "values": list(values)}
    return Column(name, kind, primary_key=key, nullable=null is not None, info={_DESCRIPTION: description})


def _key(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], text: str, *, values: Iterable[str] = ()) -> Column[Any]:
    """A column of the primary key."""
    return _column(name, kind, text, values=values, key=True)


def describe_column(column: Column[Any]) -> Description:
    """The description of a column of these tables."""
    return cast("Description", column.info[_DESCRIPTION])


def _week(text: str = "ISO week, such as 2026-W47.", *, key: bool = True) -> Column[Any]:
    return _column("week", String(8), text, key=key)


def _run_id(text: str = "The run.", *, key: bool = True) -> Column[Any]:
    return _column("run_id", String(250), text, key=key)


def _shard(*, key: bool = True) -> Column[Any]:
    return _column("shard", Integer, "Number of the shard, from 0.", key=key)


def _shares(of: str) -> list[Column[Any]]:
    """Columns of a published share with its interval; `of`: what `total_n` counts."""
    return [
        _column("n", Integer, "Conversations with this label.", unit="conversations"),
        _column("total_n", Integer, of, unit="conversations"),
        _column(
            "effective_n",
            Float,
            "Kish's effective sample size: `total_n`, reduced by the variance of the weights.",
            unit="conversations",
        ),
        _column(
            "weight", Float, "Conversations of the population with this label, estimated by weights.", unit="conversations"
        ),
        _column("share", Float, "Weighted share, 0 to 1."),
        _column("low", Float, "Lower end of its 95% Wilson interval."),
        _column("high", Float, "Upper end."),
    ]


schema_version = Table(
    "schema_version",
    metadata,
    _key("version", Integer, "Always 5. The revision of the schema is in Alembic's table `alembic_version_semtel`."),
)
"""For releases from before migrations, which require version 4 and refuse the ledger with 5. This code uses Alembic's table."""

_IS_PUBLISHED = text("state = 'published'")

run = Table(
    "run",
    metadata,
    _week(),
    _run_id("Name of the run; Airflow's run id for a DAG run."),
    _column("state", String(16), "State of the run.", values=RunState),
    _column("kind", String(16), "What the run does.", values=RunKind),
    _column("started_at", UtcDateTime, "When the run was last planned.", null="never planned"),
    _column("finished_at", UtcDateTime, "When the run was closed.", null="under way, or its last task never ran"),
    _column("config_fingerprint", String(64), "Fingerprint of the configuration.", null="no report was written yet"),
    _column("sampled", BigInteger, "Conversations in the sample.", unit="conversations", null=_NOT_GATHERED),
    _column("landed", BigInteger, "Label rows.", unit="rows", null=_NOT_GATHERED),
    _column("succeeded", BigInteger, "Of these, rows with status `success`.", unit="rows", null=_NOT_GATHERED),
    _column("requests", BigInteger, "Calls that this run made and paid for.", unit="calls", null=_NOT_GATHERED),
    _column("reused", BigInteger, "Rows that other runs have paid for.", unit="rows", null=_NOT_GATHERED),
    _column("input_tokens", BigInteger, "Prompt tokens of these calls.", unit="tokens", null=_NOT_GATHERED),
    _column("output_tokens", BigInteger, "Reply tokens of these calls.", unit="tokens", null=_NOT_GATHERED),
    _column("cost_usd", Float, "What this run paid.", unit="USD", null="not gathered yet, or a model has no known price"),
    _column("seconds", Float, "Sum of the time spent on each shard.", unit="seconds", null=_NOT_GATHERED),
    _column("verdict", String(8), "Of the quality gate.", null="not validated yet", values=("passed", "warn", "stop")),
    _column("simulated", Boolean, "Whether the labels come from the simulator.", null=_NOT_GATHERED),
    _column(
        "supersedes",
        String(250),
        "Run that was published for this week before.",
        null="there was none, or this run is not published",
    ),
    _column("report_url", Text, "URL of the report.", null="no report was written yet"),
    _column("message", Text, "Why it failed, was stopped or was rejected.", null="nothing went wrong"),
    _column("base_run", String(250), "Of a reprocess: run whose rows it is based on.", null="not a reprocess"),
    _column("requested_by", String(250), "Of a reprocess: user of Airflow or of the shell.", null="not a reprocess"),
    _column("reason", Text, "Of a reprocess: reason given by that user.", null="not a reprocess"),
    _column(
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
    _week(),
    _run_id(),
    _shard(),
    _column("state", String(16), "State of the shard; rows are written when it has landed.", values=("landed",)),
    _column("conversations", Integer, "Conversations of the shard.", unit="conversations", null="not known"),
    _column("rows", BigInteger, "Label rows of the shard.", unit="rows", null="not known"),
    _column("requests", BigInteger, "Calls of the last attempt.", unit="calls", null="not known"),
    _column("reused", BigInteger, "Rows that other runs have paid for.", unit="rows", null="not known"),
    _column("cost_usd", Float, "Cost of all attempts.", unit="USD", null="a model has no known price"),
    _column("input_tokens", BigInteger, "Prompt tokens of the last attempt.", unit="tokens", null="not known"),
    _column("output_tokens", BigInteger, "Reply tokens of the last attempt.", unit="tokens", null="not known"),
    _column("seconds", Float, "Duration of the last attempt.", unit="seconds", null="not known"),
    _column("updated_at", UtcDateTime, "When the row was written.", null="written by an earlier release"),
)
"""Results of each landed shard, written when its rows have been checked; they show the progress of a run."""

batch_job = Table(
    "batch_job",
    metadata,
    _key("job_key", String(64), "Key of the job, from the run and the content of the job; independent of the attempt."),
    _week(key=False),
    _run_id(key=False),
    _shard(key=False),
    _column("round", Integer, "1 for the first job of its requests, and one more for each repetition."),
    _column("endpoint", String(250), "Name of the endpoint."),
    _column("model", String(250), "Model that the requests go to."),
    _column("queue", Text, "Account and deployment whose enqueued-token limit the job counts against."),
    _column("state", String(16), "State of the job; `intent` is written before anything is sent.", values=_JOB_STATES),
    _column("owner", String(32), "Process that works on the job; changes by other processes fail.", null="none"),
    _column("fingerprint", String(32), "Hash of base URL, model, dialect and all requests."),
    _column("dialect", String(64), "Variant of the request parameters in the input file."),
    _column(
        "next_dialect",
        String(64),
        "Variant for the next job, learned from rejected lines.",
        null="no line was rejected for a parameter",
    ),
    _column("input_url", Text, "Input file with the requests; removed after the merge."),
    _column("keys_url", Text, "File with the keys of the requests."),
    _column("unanswered_url", Text, "File with the keys of unanswered requests.", null="not merged yet, or none left"),
    _column("requests", BigInteger, "Requests in the input file.", unit="requests"),
    _column("bytes", BigInteger, "Size of the input file.", unit="bytes"),
    _column("tokens", BigInteger, "Estimated prompt tokens, which the queue counts.", unit="tokens"),
    _column("input_file_id", String(250), "The provider's id of the input file.", null="not uploaded yet"),
    _column("provider_id", String(250), "The provider's id of the job.", null="not submitted yet"),
    _column("output_file_id", String(250), "The provider's id of the replies.", null="none yet"),
    _column("error_file_id", String(250), "The provider's id of the errors.", null="none"),
    _column(
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
    _column("refusals", Integer, "How often the queue was full for this job."),
    _column("not_before", Float, "The job is not submitted before this time.", unit=_EPOCH),
    _column("touched_at", Float, "Last change by the owner.", unit=_EPOCH),
    _column("created_at", Float, "When its intent was written.", unit=_EPOCH),
    _column("submitted_at", UtcDateTime, "When the provider accepted it.", null="not submitted yet"),
    _column(
        "finished_at", UtcDateTime, "When the provider ended the job; otherwise when it was merged or given up.", null="not yet"
    ),
    _column(
        "completed",
        BigInteger,
        "Requests that the provider has reported as completed while the job runs.",
        unit="requests",
        null="none reported",
    ),
    _column("advanced_at", Float, "Last poll at which `completed` had grown.", unit=_EPOCH, null="never"),
    _column("answered", BigInteger, "Requests with a reply.", unit="requests", null=_NOT_MERGED),
    _column("refused", BigInteger, "Requests that a content filter or the model declined.", unit="requests", null=_NOT_MERGED),
    _column("failed", BigInteger, "Requests that ended in an error.", unit="requests", null=_NOT_MERGED),
    _column("expired", BigInteger, "Requests that were not processed before the job ended.", unit="requests", null=_NOT_MERGED),
    _column("missing", BigInteger, "Requests without any line in the results.", unit="requests", null=_NOT_MERGED),
    _column("duplicates", BigInteger, "Additional lines for a request.", unit="lines", null=_NOT_MERGED),
    _column("foreign_lines", BigInteger, "Lines that belong to no request of the job.", unit="lines", null=_NOT_MERGED),
    _column("input_tokens", BigInteger, "Prompt tokens that the provider counted.", unit="tokens", null=_NOT_MERGED),
    _column("output_tokens", BigInteger, "Reply tokens that the provider counted.", unit="tokens", null=_NOT_MERGED),
    _column(
        "cost_usd",
        Float,
        "Cost of the replies; with that of lost replies, by the provider's sum or as the others on average.",
        unit="USD",
        null="not merged yet, no known price, or all replies are lost",
    ),
    _column("message", Text, "Why the job waits, failed or was cancelled.", null="no message"),
    Index("batch_job_of_run", "week", "run_id"),
    Index("batch_job_of_queue", "queue", "state"),
    Index("batch_job_by_submission", "queue", "submitted_at"),
)
"""Batch jobs; `semtel_ops/store/batch_ledger.py` describes the states."""

batch_queue = Table(
    "batch_queue",
    metadata,
    _key("queue", Text, "Account and deployment, as in `batch_job.queue`."),
    _column("tokens", BigInteger, "Enqueued tokens that the queue accepts.", unit="tokens"),
    _column("learned_at", Float, "When a full queue showed this limit.", unit=_EPOCH),
)
"""Enqueued-token limits learned from full queues."""

lane_choice = Table(
    "lane_choice",
    metadata,
    _week(),
    _run_id(),
    _shard(),
    _column("lane", String(16), "Lane that was chosen.", values=_LANES),
    _column("reason", Text, "Reason of the choice, in a sentence."),
    _column("decided_at", UtcDateTime, "When the lane was chosen."),
    _column("due_at", UtcDateTime, "When the shard is expected to have landed."),
    _column(
        "rescue_at",
        UtcDateTime,
        "When a batch without progress is stopped and its open requests are sent in realtime.",
        null="lane realtime or flex, or there is no rescue",
    ),
    _column("requests", BigInteger, "Estimated requests.", unit="requests"),
    _column("input_tokens", BigInteger, "Estimated prompt tokens.", unit="tokens"),
    _column("output_tokens", BigInteger, "Estimated reply tokens.", unit="tokens"),
    _column("stopped_at", UtcDateTime, "When the batches were stopped for being late.", null="not stopped"),
    _column("stop_reason", Text, "Why the batches were stopped.", null="not stopped"),
    _column("rescued_at", UtcDateTime, "When open requests of the batch were sent in realtime.", null="not rescued"),
    _column("rescue_reason", Text, "Why the shard was rescued.", null="not rescued"),
)
"""Lane of each shard with the reason, and whether its jobs were cancelled and it was rescued."""

lane_record = Table(
    "lane_record",
    metadata,
    _week(),
    _run_id(),
    _key("lane", String(16), "The lane.", values=_LANES),
    _column("endpoints", Text, _ENDPOINTS),
    _column("rows", BigInteger, "Rows that the lane answered, without reused rows.", unit="rows"),
    _column("requests", BigInteger, "Calls for these rows.", unit="calls"),
    _column("tokens", BigInteger, "Tokens of prompts and replies.", unit="tokens"),
    _column("seconds", Float, "From the first answer to the last.", unit="seconds"),
    _column("cost_usd", Float, "Cost of these calls.", unit="USD", null="a model has no known price"),
    _column("saved_usd", Float, "Saving compared with the realtime price.", unit="USD", null="a model has no known price"),
    _column("measured_at", UtcDateTime, "When the run was gathered."),
)
"""Results of a lane in a run, on which later choices of a lane are based."""

shard_pace = Table(
    "shard_pace",
    metadata,
    _week(),
    _run_id(),
    _shard(),
    _column("endpoints", Text, _ENDPOINTS),
    _column("requests", BigInteger, "Calls.", unit="calls"),
    _column("tokens", BigInteger, "Tokens of prompts and replies.", unit="tokens"),
    _column("began_at", Float, "When the shard began to send requests.", unit=_EPOCH),
    _column("ended_at", Float, "When the shard had finished.", unit=_EPOCH),
)
"""Results of the realtime lane per shard; gives its rate while a run is in progress."""

experiment_result = Table(
    "experiment_result",
    metadata,
    _key("experiment_id", String(250), "The experiment."),
    _key("cell", String(250), "The cell: one strategy with one model."),
    _key("classifier", String(250), "The classifier."),
    _column("model", String(250), "Model that answered."),
    _column("prompts", String(64), "Fingerprint of all prompts that the cell used for the classifier."),
    _column("strategy_fingerprint", String(64), "Fingerprint of the strategy."),
    _column("strategy", Text, "JSON: the settings of `pipeline.yaml` for this strategy."),
    _column("baseline", String(16), "What the labels were compared with.", values=("plain", "golden")),
    _column("kappa", Float, "Cohen's kappa.", null="only one label occurred"),
    _column("kappa_low", Float, "Lower end of its 95% interval.", null="only one label occurred"),
    _column("kappa_high", Float, "Upper end.", null="only one label occurred"),
    _column("n", Integer, "Conversations that were compared.", unit="conversations"),
    _column("agreement", Float, "Share of equal labels, 0 to 1."),
    _column("flip_share", Float, "Share of labels that differ between repeats, 0 to 1.", null="no repeats"),
    _column("invalid_share", Float, "Share of rows without a label, 0 to 1."),
    _column(
        "cost_per_1000_usd",
        Float,
        "Cost of 1,000 conversations with all classifiers of the experiment.",
        unit="USD",
        null="a model has no known price",
    ),
    _column("simulated", Boolean, "Whether the simulator answered."),
    _column("measured_at", UtcDateTime, "When the experiment was measured."),
    _column("url", Text, "URL of the results page."),
    Index("experiment_result_of_classifier", "classifier", "measured_at"),
)
"""Results of experiments by cell and classifier; the strategy gate of weekly runs reads them."""

strategy_event = Table(
    "strategy_event",
    metadata,
    _week(),
    _run_id(),
    _key("classifier", String(250), "The classifier."),
    _column("fingerprint", String(32), "Fingerprint of the classifier, which changes with its prompt."),
    _column("models", Text, "Models that may have answered, sorted and separated by commas."),
    _column("agreement", Float, "Share of combined answers that agree with separate ones, 0 to 1."),
    _column("low", Float, "Lower end of its 95% interval."),
    _column("high", Float, "Upper end."),
    _column("n", Integer, "Answers that were compared.", unit="answers"),
    _column("floor", Float, "Agreement that was required, 0 to 1."),
    _column("happened_at", UtcDateTime, "When the run decided this."),
)
"""Classifiers whose combined and separate labels agreed too little; later runs send separate requests for them."""

endpoint_share = Table(
    "endpoint_share",
    metadata,
    _key("endpoint", String(250), "Name of the endpoint."),
    _key("holder", String(250), "The task: run, shard and a random suffix."),
    _column("heartbeat_at", Float, "Last heartbeat.", unit=_EPOCH),
    _column("demand", Float, "Concurrent requests that the task could use.", unit="requests"),
    _column("share", Float, "Concurrent requests that the task uses.", unit="requests"),
)
"""Capacity shares: how concurrent tasks divide the concurrency of an endpoint. A row is removed when its task ends."""

weekly_share = Table(
    "weekly_share",
    metadata,
    _week(),
    _key("classifier", String(250), "The classifier."),
    _key(
        "level",
        String(8),
        "`label`; `group`: sum of a group of labels; `item`: an item of a rubric.",
        values=("label", "group", "item"),
    ),
    _key("label", Text, "Id of the label, group or item."),
    _run_id("The published run.", key=False),
    _column("classifier_version", String(64), "Version of the classifier that labelled.", null="no row names one"),
    *_shares("Conversations that the classifier labelled."),
)
"""Label shares of the published run of each week, with 95% intervals."""

weekly_slice = Table(
    "weekly_slice",
    metadata,
    _week(),
    _key("classifier", String(250), "The classifier whose labels are counted."),
    _key("by_classifier", String(250), "The classifier that defines the slice."),
    _key("by_label", Text, "Its label: the slice."),
    _key("label", Text, "The label that is counted."),
    _run_id("The published run.", key=False),
    *_shares("Conversations in the slice that `classifier` labelled."),
)
"""Shares of one classifier's labels within each label of another; slices below `publish.min_slice` are left out."""

quality_result = Table(
    "quality_result",
    metadata,
    _week(),
    _run_id(),
    _key("check_id", String(120), "Id of the check, as in `pipeline.yaml`."),
    _key("classifier", String(250), "The classifier; empty for a check of the whole run."),
    _column("passed", Boolean, "Whether the check passed."),
    _column("severity", String(8), "What a failure does.", values=("warn", "stop")),
    _column("description", Text, "What the check examines.", null="not given"),
    _column("observed", Text, "The observed value, with its unit.", null="not given"),
    _column("expected", Text, "The values that pass, with their unit.", null="not given"),
    _column("notes", Text, "Affected labels, example ids, or why the check was not evaluated.", null="not given"),
    _column("checked_at", UtcDateTime, "When the check ran.", null="not given"),
)
"""Results of the quality checks of each run."""

label = Table(
    "label",
    metadata,
    _week(),
    _key("conversation_id", Text, "As in the label rows of the lake, like all columns without another description."),
    _key("classifier", String(250), "Id of the classifier."),
    _run_id("The published run.", key=False),
    _shard(key=False),
    _column("classifier_version", String(64), "Version of the classifier's prompt file."),
    _column("label", Text, "Id of the (first) label.", null="the row is not a success"),
    _column("labels", Text, "JSON list of all labels.", null="the classifier gives one label, or not a success"),
    _column("score", Float, "Of a scale or a rubric.", null="neither, or not a success"),
    _column("confidence", Float, "The model's own confidence, 0 to 1.", null="not asked for, or not a success"),
    _column("status", String(16), "Status of the row.", values=_ROW_STATUSES),
    _column("matched_by", String(16), "How the reply became a label.", null="the row is not a success"),
    _column("lane", String(16), "Lane of the deciding reply.", null="the shard never landed", values=_LANES),
    _column("endpoint", String(250), "Endpoint of the deciding reply.", null="the shard never landed"),
    _column("model", String(250), "Model of the deciding reply.", null="the shard never landed"),
    _column("truncated_tokens", Integer, "Tokens that truncation removed.", unit="tokens"),
    _column("input_tokens", BigInteger, "The row's part of the prompt tokens.", unit="tokens"),
    _column("output_tokens", BigInteger, "The row's part of the reply tokens.", unit="tokens"),
    _column("cost_usd", Float, "The row's part of the cost.", unit="USD", null="a model has no known price"),
    _column("sample_weight", Float, "Conversations of the population that the row represents.", unit="conversations"),
    _column("classified_at", UtcDateTime, "When the deciding reply arrived.", null="the shard never landed"),
    _column(
        "carried_from", String(250), "Run that labelled the row, if a reprocess carried it over.", null="`run_id` labelled it"
    ),
    Index("label_by_week_classifier", "week", "classifier", "label"),
)
"""Published label rows, if `publish.rows_to_sql` is on; without raw replies, which may quote a conversation."""

alert = Table(
    "alert",
    metadata,
    _week("ISO week; empty where a run failed before its week was known."),
    _run_id(),
    _key("key", String(250), "The kind of alert and its object: a classifier, an endpoint, a task."),
    _column("kind", String(32), "Kind of alert, as in the runbook."),
    _column("severity", String(8), "Severity.", values=("info", "warning", "critical")),
    _column("state", String(8), "Whether the alert is open or resolved.", values=("open", "resolved")),
    _column("what", Text, "What happened, in a sentence."),
    _column("body", Text, "JSON of the whole alert, with ids but without conversation text."),
    _column("raised_at", UtcDateTime, "When the alert was raised."),
    _column("changed_at", UtcDateTime, "When the alert last changed."),
    _column("resolved_at", UtcDateTime, "When the alert was resolved.", null="open"),
    _column("resolution", Text, "What resolved the alert.", null="open"),
    Index("alert_by_state", "state", "raised_at"),
)
"""Alerts: one row for each run and key, however often the cause occurs."""

alert_delivery = Table(
    "alert_delivery",
    metadata,
    _week("As in `alert`."),
    _run_id(),
    _key("key", String(250), "As in `alert`."),
    _key("event", String(8), "What was sent.", values=("raised", "resolved")),
    _key("channel", String(120), "Name of the channel in `pipeline.yaml`."),
    _column("state", String(12), "Result of the delivery.", values=("sending", "delivered", "undelivered")),
    _column("attempts", Integer, "Number of attempts."),
    _column("tried_at", UtcDateTime, "Last attempt."),
    _column("problem", Text, "Why the last attempt failed.", null="it did not fail"),
)
"""Notifications by channel: each is sent once, and retried if it could not be sent."""

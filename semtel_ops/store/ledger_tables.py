"""The ledger's SQL tables: what is known of each week, for people with a SQL client and for the next run.

Times are UTC. Money is USD. Nothing here holds conversation text. A change here needs a migration: docs/ledger.md.
"""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Index, Integer, MetaData, String, Table, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class RunState(StrEnum):
    """How far a run came."""

    PLANNED = "planned"
    RUNNING = "running"
    VALIDATED = "validated"  # the gate let it through
    STOPPED = "stopped"  # the gate did not
    PUBLISHED = "published"  # at most one run of a week
    SUPERSEDED = "superseded"  # was published until another run of the week was
    FAILED = "failed"
    REJECTED = "rejected"  # a person decided that it is not published
    DRY_RUN = "dry_run"


class RunKind(StrEnum):
    """What a run does to its week."""

    WEEKLY = "weekly"  # samples it and asks about all of it
    REPROCESS = "reprocess"  # asks about some rows of an earlier run again and carries the others over


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware datetimes out; SQLite, which keeps no zone, gets them in UTC."""

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


schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))
"""Kept for releases from before migrations: it says 5, and they refuse what is not 4. This code reads Alembic's table."""

_IS_PUBLISHED = text("state = 'published'")

run = Table(
    "run",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("config_fingerprint", String(64)),
    Column("sampled", BigInteger),
    Column("landed", BigInteger),  # label rows
    Column("succeeded", BigInteger),  # of these, rows with status success
    Column("requests", BigInteger),
    Column("reused", BigInteger),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost_usd", Float),
    Column("seconds", Float),
    Column("verdict", String(8)),  # of the quality gate: passed, warn, stop
    Column("simulated", Boolean),  # labels come from the simulator
    Column("supersedes", String(250)),  # run id that was published for this week before
    Column("report_url", Text),
    Column("message", Text),  # why it failed or stopped
    Column("base_run", String(250)),  # this and the next three, of a reprocess: run id whose rows it began with
    Column("requested_by", String(250)),  # Airflow's user, or that of the shell
    Column("reason", Text),  # in the words of who asked for it
    Column("approved_by", String(250)),  # who let it replace a published run; None: it was not asked, or nobody has answered
    Index("published_run_of_week", "week", unique=True, sqlite_where=_IS_PUBLISHED, postgresql_where=_IS_PUBLISHED),
)

shard = Table(
    "shard",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("state", String(16), nullable=False),  # landed
    Column("conversations", Integer),
    Column("rows", BigInteger),
    Column("requests", BigInteger),
    Column("reused", BigInteger),
    Column("cost_usd", Float),  # of all attempts; calls, tokens and seconds are the last one's
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("seconds", Float),
    Column("updated_at", UtcDateTime),
)
"""What each shard of a run came to, written when its rows have been checked: a run under way is followed by it."""

batch_job = Table(
    "batch_job",
    metadata,
    Column("job_key", String(64), primary_key=True),  # names the run and its content, never the attempt
    Column("week", String(8), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("shard", Integer, nullable=False),
    Column("round", Integer, nullable=False),  # 1 for the first ask of its requests
    Column("endpoint", String(250), nullable=False),
    Column("model", String(250), nullable=False),
    Column("queue", Text, nullable=False),  # whose enqueued-token limit it counts against
    Column("state", String(16), nullable=False),  # intent is written before the job is submitted
    Column("owner", String(32)),  # the process that works on it; a change by any other fails
    Column("fingerprint", String(32), nullable=False),  # of the account's address, the dialect and every request
    Column("dialect", String(64), nullable=False),
    Column("next_dialect", String(64)),  # what its refused lines taught
    Column("input_url", Text, nullable=False),
    Column("keys_url", Text, nullable=False),
    Column("unanswered_url", Text),
    Column("requests", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),  # estimated prompt tokens, what the queue counts
    Column("input_file_id", String(250)),
    Column("provider_id", String(250)),
    Column("output_file_id", String(250)),
    Column("error_file_id", String(250)),
    Column("provider_status", String(16)),
    Column("refusals", Integer, nullable=False),  # how often the queue was full
    Column("not_before", Float, nullable=False),  # this and the next two: seconds since 1970, compared, not read
    Column("touched_at", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("submitted_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("completed", BigInteger),  # while it runs, as the provider tells; the next five are counted from its files
    Column("advanced_at", Float),  # when that was last seen to grow
    Column("answered", BigInteger),
    Column("refused", BigInteger),
    Column("failed", BigInteger),
    Column("expired", BigInteger),
    Column("missing", BigInteger),
    Column("duplicates", BigInteger),
    Column("foreign_lines", BigInteger),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost_usd", Float),
    Column("message", Text),
    Index("batch_job_of_run", "week", "run_id"),
    Index("batch_job_of_queue", "queue", "state"),
    Index("batch_job_by_submission", "queue", "submitted_at"),
)
"""One row for every batch job; `store.batch_ledger` says what the states mean."""

batch_queue = Table(
    "batch_queue",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("tokens", BigInteger, nullable=False),
    Column("learned_at", Float, nullable=False),  # seconds since 1970: compared, not read
)
"""Enqueued-token limits that providers were found to have."""

lane_choice = Table(
    "lane_choice",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("lane", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),  # when it should have landed
    Column("rescue_at", UtcDateTime),  # when a batch that makes no progress is stopped and the rest is asked in realtime
    Column("requests", BigInteger, nullable=False),  # this and the next two: as estimated
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("stopped_at", UtcDateTime),  # when its batches were found to be late
    Column("stop_reason", Text),
    Column("rescued_at", UtcDateTime),
    Column("rescue_reason", Text),
)
"""Which lane a shard was given and why, and whether it was stopped and rescued."""

lane_record = Table(
    "lane_record",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("lane", String(16), primary_key=True),
    Column("endpoints", Text, nullable=False),  # names, sorted: a pace holds for these together
    Column("rows", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),  # of prompts and replies
    Column("seconds", Float, nullable=False),  # from the first answer to the last
    Column("cost_usd", Float),
    Column("saved_usd", Float),  # against the realtime price
    Column("measured_at", UtcDateTime, nullable=False),
)
"""What a lane did in a run, reused rows left out: the next run's choice goes by it."""

shard_pace = Table(
    "shard_pace",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("endpoints", Text, nullable=False),  # names, sorted, as in lane_record
    Column("requests", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("began_at", Float, nullable=False),  # this and the next: seconds since 1970, compared, not read
    Column("ended_at", Float, nullable=False),
)
"""What the realtime lane did for a shard: how fast it is in a run that still runs."""

experiment_result = Table(
    "experiment_result",
    metadata,
    Column("experiment_id", String(250), primary_key=True),
    Column("cell", String(250), primary_key=True),
    Column("classifier", String(250), primary_key=True),
    Column("model", String(250), nullable=False),
    Column("prompts", String(64), nullable=False),  # fingerprint of all that was said when this cell asked this classifier
    Column("strategy_fingerprint", String(64), nullable=False),
    Column("strategy", Text, nullable=False),  # JSON: the lines of pipeline.yaml that ask this way
    Column("baseline", String(16), nullable=False),  # what it was compared with: plain, golden
    Column("kappa", Float),  # this and the next two: null where only one label was seen
    Column("kappa_low", Float),
    Column("kappa_high", Float),
    Column("n", Integer, nullable=False),  # conversations that were compared
    Column("agreement", Float, nullable=False),
    Column("flip_share", Float),  # between two repeats; null where it was asked once
    Column("invalid_share", Float, nullable=False),
    Column("cost_per_1000_usd", Float),  # conversations, all classifiers of the experiment
    Column("simulated", Boolean, nullable=False),
    Column("measured_at", UtcDateTime, nullable=False),
    Column("url", Text, nullable=False),  # its page
    Index("experiment_result_of_classifier", "classifier", "measured_at"),
)
"""What experiments measured, one row for each cell and classifier: what the gate of weekly runs goes by."""

strategy_event = Table(
    "strategy_event",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("classifier", String(250), primary_key=True),
    Column("fingerprint", String(32), nullable=False),  # of the classifier: another prompt is another question
    Column("models", Text, nullable=False),  # that may have answered, sorted, with commas
    Column("agreement", Float, nullable=False),  # of combined answers with separate ones; this and the next two: 0 to 1
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("n", Integer, nullable=False),  # compared answers
    Column("floor", Float, nullable=False),
    Column("happened_at", UtcDateTime, nullable=False),
)
"""Classifiers whose combined answers agreed too little with separate ones: the next runs ask them separately."""

endpoint_share = Table(
    "endpoint_share",
    metadata,
    Column("endpoint", String(250), primary_key=True),
    Column("holder", String(250), primary_key=True),
    Column("heartbeat_at", Float, nullable=False),  # seconds since 1970: compared, not read
    Column("demand", Float, nullable=False),
    Column("share", Float, nullable=False),
)

weekly_share = Table(
    "weekly_share",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("classifier", String(250), primary_key=True),
    Column("level", String(8), primary_key=True),  # label, group (task complexity: low, high), item (of a rubric)
    Column("label", Text, primary_key=True),
    Column("run_id", String(250), nullable=False),
    Column("classifier_version", String(64)),
    Column("n", Integer, nullable=False),  # conversations with this label
    Column("total_n", Integer, nullable=False),  # conversations the classifier labelled
    Column("effective_n", Float, nullable=False),  # Kish: what total_n is worth after weighting
    Column("weight", Float, nullable=False),  # conversations of the population this label stands for
    Column("share", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
)
"""Label shares of published weeks with 95% intervals: one run a week."""

weekly_slice = Table(
    "weekly_slice",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("classifier", String(250), primary_key=True),
    Column("by_classifier", String(250), primary_key=True),
    Column("by_label", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("run_id", String(250), nullable=False),
    Column("n", Integer, nullable=False),
    Column("total_n", Integer, nullable=False),
    Column("effective_n", Float, nullable=False),
    Column("weight", Float, nullable=False),
    Column("share", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
)
"""Shares of one classifier's labels within each label of another; slices below the configured floor are left out."""

quality_result = Table(
    "quality_result",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("check_id", String(120), primary_key=True),
    Column("classifier", String(250), primary_key=True),  # empty for checks of the whole run
    Column("passed", Boolean, nullable=False),
    Column("severity", String(8), nullable=False),
    Column("description", Text),
    Column("observed", Text),
    Column("expected", Text),
    Column("notes", Text),
    Column("checked_at", UtcDateTime),
)

label = Table(
    "label",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("conversation_id", Text, primary_key=True),
    Column("classifier", String(250), primary_key=True),
    Column("run_id", String(250), nullable=False),
    Column("shard", Integer, nullable=False),
    Column("classifier_version", String(64), nullable=False),
    Column("label", Text),
    Column("labels", Text),  # JSON list, for classifiers that give several
    Column("score", Float),
    Column("confidence", Float),
    Column("status", String(16), nullable=False),
    Column("matched_by", String(16)),
    Column("lane", String(16)),
    Column("endpoint", String(250)),
    Column("model", String(250)),
    Column("truncated_tokens", Integer, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float),
    Column("sample_weight", Float, nullable=False),
    Column("classified_at", UtcDateTime),
    Column("carried_from", String(250)),  # the run that labelled it, where that is not run_id
    Index("label_by_week_classifier", "week", "classifier", "label"),
)
"""Published label rows. Raw replies stay in the lake: they may quote a conversation."""

alert = Table(
    "alert",
    metadata,
    Column("week", String(8), primary_key=True),  # empty where a run failed before its week was known
    Column("run_id", String(250), primary_key=True),
    Column("key", String(250), primary_key=True),  # the kind, and what of it: a classifier, an endpoint, a task
    Column("kind", String(32), nullable=False),
    Column("severity", String(8), nullable=False),  # info, warning, critical
    Column("state", String(8), nullable=False),  # open, resolved
    Column("what", Text, nullable=False),  # one sentence
    Column("body", Text, nullable=False),  # JSON of the whole alert; ids, never text
    Column("raised_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolution", Text),  # what made it go away
    Index("alert_by_state", "state", "raised_at"),
)
"""What people were told: one row for each run and key, whatever number of times it was found."""

alert_delivery = Table(
    "alert_delivery",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("key", String(250), primary_key=True),
    Column("event", String(8), primary_key=True),  # raised, resolved
    Column("channel", String(120), primary_key=True),
    Column("state", String(12), nullable=False),  # sending, delivered, undelivered
    Column("attempts", Integer, nullable=False),
    Column("tried_at", UtcDateTime, nullable=False),
    Column("problem", Text),  # why the last attempt failed
)
"""Which channel was told of which alert: nobody is told twice, and what could not be sent is tried again."""

"""`pipeline.yaml`: what a run does. Every field has a default, so an empty file is a valid one."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from semtel_ops.settings.alerts import AlertsConfig
from semtel_ops.settings.environment import Settings
from semtel_ops.settings.load import load_yaml


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SqlSourceConfig(_Config):
    """Conversations in a SQL table or query; one row is one record, with the columns of any format we recognise."""

    url_env: str = Field(description="Name of the environment variable that holds the SQLAlchemy URL.")
    table: str | None = Field(default=None, description="Table to read; or give `query`.")
    query: str | None = Field(default=None, description="SELECT to run; or give `table`.")
    chunk_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 5_000

    @model_validator(mode="after")
    def _one_of_table_and_query(self) -> "SqlSourceConfig":
        if (self.table is None) == (self.query is None):
            raise ValueError("give exactly one of table and query")
        return self


class SourceConfig(_Config):
    """Where conversations come from: files (paths, folders, globs, fsspec URLs), or one SQL source."""

    paths: tuple[str, ...] = ()
    sql: SqlSourceConfig | None = None
    dates: Literal["respect", "ignore"] = Field(
        default="respect", description="ignore: every record belongs to the week being run, whatever its date."
    )
    max_record_mb: Annotated[float, Field(gt=0, le=1024)] = Field(
        default=64.0, description="A single record larger than this goes to the quarantine."
    )
    part_mb: Annotated[float, Field(gt=0)] = Field(
        default=256.0, description="Files are grouped into extract tasks of about this size."
    )


class SampleConfig(_Config):
    """Which conversations a week is judged by. Same id, same salt: same decision, on any machine."""

    rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    count: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="At most this many, the smallest hashes first; with strata, split between them."
    )
    strata: tuple[Literal["language", "length", "turns"], ...] = Field(
        default=(), description="Every stratum gets an equal share of `count` where it has that many."
    )
    salt: str = "semtel"
    deduplicate: bool = Field(default=True, description="Keep one of several conversations with the same content.")


class ScrubConfig(_Config):
    """Personal data replaced by typed placeholders before any text is stored or sent."""

    engine: Literal["rules", "presidio", "off"] = "rules"
    types: tuple[str, ...] = Field(default=(), description="Only these types; empty: all the engine knows.")


class Truncation(StrEnum):
    """What to keep of a conversation that is over its budget."""

    HEAD = "head"
    TAIL = "tail"
    MIDDLE = "middle"  # keep both ends
    TURNS = "turns"  # keep the first user turn and the latest whole turns


class Compression(StrEnum):
    """How text is made shorter before it is truncated."""

    NONE = "none"
    RULES = "rules"
    LLMLINGUA = "llmlingua"


class TokensConfig(_Config):
    """How much of a conversation is sent."""

    max_per_conversation: Annotated[int, Field(ge=16, le=1_000_000)] = 3_000
    truncation: Truncation = Truncation.TURNS
    compression: Compression = Compression.RULES
    compression_rate: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.5, description="Share of tokens LLMLingua-2 keeps; the rules engine ignores it."
    )


class ShardConfig(_Config):
    """How a week's sample is cut into tasks."""

    conversations: Annotated[int, Field(ge=1)] = Field(default=5_000, description="About this many in a shard.")
    max_shards: Annotated[int, Field(ge=1, le=1024)] = 64


class RealtimeConfig(_Config):
    """How the realtime lane asks."""

    max_concurrency: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=512, description="Ceiling of calls under way at one endpoint; below it the limit is found, not configured."
    )
    timeout_s: Annotated[float, Field(gt=0)] = 60.0
    max_attempts: Annotated[int, Field(ge=1, le=50)] = 8
    deadline_s: Annotated[float, Field(gt=0)] = Field(
        default=900.0, description="No retry starts later than this after a request was first taken up."
    )
    flush_seconds: Annotated[float, Field(gt=0)] = 2.0
    flush_replies: Annotated[int, Field(ge=1)] = 500


class BatchConfig(_Config):
    """How the batch lane asks."""

    max_rounds: Annotated[int, Field(ge=1, le=10)] = Field(
        default=3, description="Jobs one request may be in, the first included, until it lands unanswered."
    )
    poll_min_s: Annotated[float, Field(gt=0)] = 2.0
    poll_max_s: Annotated[float, Field(gt=0)] = 300.0
    backoff_s: Annotated[float, Field(gt=0)] = Field(
        default=30.0, description="First wait after the provider's queue was full; doubled each time, an hour at most."
    )
    settle_s: Annotated[float, Field(ge=0)] = Field(
        default=60.0, description="How long a job of unknown fate is looked for before it is submitted again."
    )


class RoutingConfig(_Config):
    """What the choice of lane goes by, where `lane` is auto."""

    deadline_hours: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="All rows have landed this long after the lanes are chosen; what cannot be done by then is refused before"
        " it costs anything. None: 48 hours are aimed at, and no run is refused for it.",
    )
    min_saving_usd: Annotated[float, Field(ge=0)] = Field(
        default=1.0, description="A run that would save less than this is asked in the realtime lane: a day has a price too."
    )
    batch_hours: Annotated[float, Field(gt=0)] = Field(
        default=24.0, description="How long a batch job is taken to need until five have been seen to end."
    )
    tokens_per_minute: Annotated[float, Field(gt=0)] = Field(
        default=200_000.0,
        description="Pace of the realtime lane until it has been measured, for endpoints that give no limits.tpm.",
    )
    flex_pace: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.25, description="Pace of the flex lane as a share of the realtime lane's, until it has been measured."
    )


class StrategyConfig(_Config):
    """What shares a call. Plain calls (one conversation, one classifier) unless told otherwise; see `StrategyGateConfig`."""

    pack: Annotated[int, Field(ge=1, le=50)] = Field(default=1, description="Conversations in one request, at most.")
    pack_tokens: Annotated[int, Field(ge=256, le=1_000_000)] = Field(
        default=16_000, description="Tokens of conversations in one request, at most; one longer than this is sent alone."
    )
    combine: bool = Field(default=False, description="All classifiers in one request, the conversation sent once.")
    grader: bool = Field(
        default=False, description="Show packed labels to the model once more; what it names as wrong is asked again alone."
    )
    shuffle_seed: int = Field(default=0, description="Which conversations share a request, and in which order.")
    seed: int | None = Field(
        default=None,
        description="Sent as `seed` with every request; another seed is another question, so a repeat is asked and not reused."
        " None: as the prompt files say.",
    )
    audit_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.02, description="Share of graded answers asked again alone whatever the grader says: its precision."
    )
    shadow_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.01, description="Share of combined answers that are also asked separately, to compare."
    )
    shadow_floor: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.8, description="A classifier whose combined answers agree less than this with separate ones is unbundled."
    )
    shadow_min: Annotated[int, Field(ge=1)] = Field(
        default=30, description="Fewer compared answers than this unbundle nothing."
    )
    unbundled_days: Annotated[float, Field(gt=0)] = Field(
        default=90.0, description="An unbundled classifier is asked separately for so long, then combining is tried again."
    )

    @property
    def plain(self) -> bool:
        """One conversation and one classifier a call."""
        return self.pack == 1 and not self.combine


class StrategyGateConfig(_Config):
    """When a run may use a strategy that is not plain, or LLMLingua-2: only with an experiment on record that speaks for it.

    Files labelled by `semtel classify` are asked as they are told to be.
    """

    mode: Literal["fallback", "refuse", "off"] = Field(
        default="fallback",
        description="Without a fitting experiment: plain calls, and it is said so; no run at all; or use it unproven.",
    )
    floor: Annotated[float, Field(ge=-1, le=1)] = Field(
        default=0.7, description="What the 95 % interval of every classifier's Cohen's kappa must lie above."
    )
    max_age_days: Annotated[float, Field(gt=0)] = 90.0
    min_n: Annotated[int, Field(ge=1)] = Field(
        default=100, description="Fewer compared conversations vouch for nothing, however well they agree."
    )


class Severity(StrEnum):
    """What a failed check does: nothing, a warning on the report, or a stop before publication."""

    OFF = "off"
    WARN = "warn"
    STOP = "stop"


class CheckPolicy(_Config):
    """One quality check: its bound and what happens beyond it."""

    severity: Severity = Severity.STOP
    limit: float | None = None


class QualityConfig(_Config):
    """The gate. Schema and one-row-per-member checks always stop: a week that fails them is not a week."""

    non_success_share: CheckPolicy = CheckPolicy(severity=Severity.STOP, limit=0.05)
    label_share_change: CheckPolicy = CheckPolicy(severity=Severity.WARN, limit=0.15)
    constant_output_share: CheckPolicy = CheckPolicy(severity=Severity.WARN, limit=0.98)
    truncated_share: CheckPolicy = CheckPolicy(severity=Severity.WARN, limit=0.25)
    quarantined_share: CheckPolicy = CheckPolicy(severity=Severity.WARN, limit=0.10)
    cost_per_conversation_usd: CheckPolicy = CheckPolicy(severity=Severity.WARN, limit=0.05)
    history_weeks: Annotated[int, Field(ge=1, le=52)] = 4
    min_rows: Annotated[int, Field(ge=1)] = Field(
        default=30, description="Shares of fewer rows than this are not judged, only shown."
    )


class PublishConfig(_Config):
    """What is published where."""

    rows_to_sql: bool = True
    min_slice: Annotated[int, Field(ge=1)] = Field(
        default=10, description="Slices of fewer conversations than this are not reported."
    )


class PipelineConfig(_Config):
    """The whole file."""

    source: SourceConfig = SourceConfig()
    sample: SampleConfig = SampleConfig()
    scrub: ScrubConfig = ScrubConfig()
    tokens: TokensConfig = TokensConfig()
    classifiers: tuple[str, ...] = (
        "topic",
        "task_complexity",
        "user_expertise",
        "ai_expertise",
        "knowledge_work",
        "satisfaction",
        "user_intent",
    )
    shards: ShardConfig = ShardConfig()
    realtime: RealtimeConfig = RealtimeConfig()
    batch: BatchConfig = BatchConfig()
    lane: Literal["auto", "realtime", "batch", "flex"] = Field(
        default="auto", description="auto: each shard's lane is chosen from price, deadline and what the lanes have shown."
    )
    routing: RoutingConfig = RoutingConfig()
    strategy: StrategyConfig = StrategyConfig()
    strategy_gate: StrategyGateConfig = StrategyGateConfig()
    quality: QualityConfig = QualityConfig()
    publish: PublishConfig = PublishConfig()
    alerts: AlertsConfig = AlertsConfig()
    budget_usd: Annotated[float, Field(gt=0)] | None = None


def pipeline_of(settings: Settings) -> PipelineConfig:
    """pipeline.yaml as it is now; where there is none it is an empty one, unless it was named."""
    path = settings.pipeline_path
    return load_yaml(path, PipelineConfig) if settings.pipeline or path.exists() else PipelineConfig()

"""`pipeline.yaml`: what a run does. Every setting has a default, so an empty file is valid."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from semtel_ops.extensions import COMPRESSORS, QUALITY_CHECKS, SCRUB_ENGINES, TRUNCATION_STRATEGIES
from semtel_ops.settings.alerts import AlertsConfig
from semtel_ops.settings.config_model import (
    UNIT,
    ConfigModel,
    Conversations,
    Days,
    Hours,
    Megabytes,
    PositiveShare,
    Seconds,
    Share,
    Tokens,
    Usd,
    VariableName,
)
from semtel_ops.settings.environment import Settings
from semtel_ops.settings.gates import ModelGateConfig, StrategyGateConfig
from semtel_ops.settings.load import load_yaml
from semtel_ops.settings.named import NameIn
from semtel_ops.settings.retention import RetentionConfig
from semtel_ops.settings.sentinels import SentinelsConfig
from semtel_ops.words import Dates, LaneSetting, SourceIds

DEFAULT_CLASSIFIERS: Final = (
    "topic",
    "task_complexity",
    "user_expertise",
    "ai_expertise",
    "knowledge_work",
    "satisfaction",
    "user_intent",
)


class SqlSourceConfig(ConfigModel):
    """Conversations in a SQL table or query. Each row is one record, with the columns of any supported format."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["table"]}, {"required": ["query"]}]})

    url_env: VariableName = Field(examples=["CHATS_URL"])
    """Name of the environment variable that holds the SQLAlchemy URL of the database."""
    table: str | None = Field(default=None, examples=["chats"])
    """Table to read. Give either `table` or `query`."""
    query: str | None = Field(default=None, examples=["SELECT * FROM chats WHERE consent"])
    """SELECT statement to run. Give either `table` or `query`."""
    chunk_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 5_000
    """Rows fetched from the database at a time."""

    @model_validator(mode="after")
    def _one_of_table_and_query(self) -> "SqlSourceConfig":
        if (self.table is None) == (self.query is None):
            raise ValueError("give exactly one of table and query")
        return self


class SourceConfig(ConfigModel):
    """Where conversations come from: files, or one SQL table or query."""

    paths: tuple[str, ...] = Field(default=(), examples=[["s3://bucket/chats/"], ["chats/*.jsonl.gz"]])
    """Files, folders, globs and fsspec URLs. A relative path that does not exist in the working directory is looked up beside
    the folder `include/`."""
    sql: SqlSourceConfig | None = None
    """SQL table or query to read; replaces `paths`."""
    dates: Dates = "respect"
    """`respect`: a record belongs to the week of its own date. `ignore`: every record belongs to the week that is run,
    whatever its date."""
    ids: SourceIds = "scrub"
    """Ids of conversations in the lake and in SQL. `scrub`: an id that is more than a reference, such as an e-mail address or a
    written phone number, is replaced by its hash. `hash`: every id is. `keep`: none is."""
    ids_key_env: VariableName | None = Field(default=None, examples=["SEMTEL_IDS_KEY"])
    """Name of the environment variable with the key of that hash. Without a key, a person who guesses an id can check the
    guess."""
    max_record_mb: Annotated[Megabytes, Field(gt=0, le=1024)] = 64.0
    """A record larger than this is quarantined."""
    max_expansion: Annotated[float, Field(ge=1)] = 250.0
    """A file whose content is over 256 MB and over this many times its stored size is read up to this point. The rest is an
    entry in the quarantine."""
    part_mb: Annotated[Megabytes, Field(gt=0)] = 256.0
    """Files are grouped into extract tasks of about this size, or larger ones where there would be more than `max_parts`."""
    max_parts: Annotated[int, Field(ge=1, le=100_000)] = 1_024
    """Largest number of extract tasks. Airflow's `core.max_map_length` has the same default, and refuses longer lists."""


class SampleConfig(ConfigModel):
    """Which conversations represent the week.

    The choice depends on the conversation id and on `salt` alone, so it is the same on every machine.
    """

    rate: PositiveShare = 1.0
    """Share of the conversations to sample."""
    count: Annotated[Conversations, Field(ge=1)] | None = None
    """Largest sample size. Without a value the size is not limited."""
    strata: tuple[Literal["language", "length", "turns"], ...] = ()
    """Properties to stratify by. `count` is divided equally among the strata; what a small stratum cannot use goes to the
    others."""
    salt: str = "semtel"
    """Another salt draws another sample."""
    deduplicate: bool = False
    """Keep a single conversation of several with the same content under different ids. Use it where a source has the same
    conversations under several ids; otherwise equal conversations, such as a greeting, are of different people, and count."""


class ScrubConfig(ConfigModel):
    """Replacement of personal data by typed placeholders such as `[EMAIL]`, before any text is stored or sent."""

    engine: Annotated[str, NameIn(SCRUB_ENGINES)] = "rules"
    """What finds personal data."""
    types: tuple[str, ...] = Field(default=(), examples=[["email", "phone", "name"]])
    """Types of personal data to replace. Empty: all types that the engine recognises."""
    invisible: Literal["remove", "keep"] = "remove"
    """Whether hidden characters are removed first: tag and zero-width characters, bidirectional overrides, escape sequences.
    With `keep`, hidden instructions reach the model, and a key that they split is not found."""


Truncation = Annotated[str, NameIn(TRUNCATION_STRATEGIES)]
"""Which part of a conversation is kept when it exceeds its token budget."""

Compression = Annotated[str, NameIn(COMPRESSORS)]
"""How text is shortened before it is truncated."""


class TokensConfig(ConfigModel):
    """How much of each conversation is sent to the model."""

    max_per_conversation: Annotated[Tokens, Field(ge=16, le=1_000_000)] = 3_000
    """Token budget of a conversation. Longer conversations are truncated to it."""
    truncation: Truncation = "turns"
    """Which part is kept of a conversation that exceeds its budget."""
    compression: Compression = "rules"
    """How text is shortened before it is truncated."""
    compression_rate: PositiveShare = 0.5
    """Share of the tokens that `llmlingua` keeps. No other compression uses it."""


class ShardConfig(ConfigModel):
    """How the week's sample is divided into tasks."""

    conversations: Annotated[Conversations, Field(ge=1)] = 5_000
    """Approximate size of a shard."""
    max_shards: Annotated[int, Field(ge=1, le=1024)] = 64
    """Largest number of shards in a week. There are never more than 256."""


class RealtimeConfig(ConfigModel):
    """How the realtime lane sends requests."""

    max_concurrency: Annotated[int, Field(ge=1, le=10_000)] = 512
    """Upper bound of concurrent requests to an endpoint without a `limits.max_concurrency` of its own. Below this bound, the
    limit is measured."""
    timeout_s: Annotated[Seconds, Field(gt=0)] = 60.0
    """A request that has no reply after this time counts as failed."""
    max_attempts: Annotated[int, Field(ge=1, le=50)] = 8
    """Attempts per request, including the first."""
    deadline_s: Annotated[Seconds, Field(gt=0)] = 900.0
    """No attempt starts later than this after the request was first taken up."""
    give_up_s: Annotated[Seconds, Field(gt=0)] = 120.0
    """An endpoint that has only failed for this long, and has not answered in this task, is left. When none is left, the task
    ends with the last failure as the reason."""
    outage_s: Annotated[Seconds, Field(gt=0)] = 3_600.0
    """The same for an endpoint that has answered in this task: its outages are waited out for this long."""
    flush_seconds: Annotated[Seconds, Field(gt=0)] = 2.0
    """Replies are written to storage at this interval. A worker that dies loses at most one interval of replies."""
    flush_replies: Annotated[int, Field(ge=1)] = 500
    """Replies are also written when this many are waiting."""


class BatchConfig(ConfigModel):
    """How the batch lane sends requests."""

    max_rounds: Annotated[int, Field(ge=1, le=10)] = 3
    """Batch jobs that a request may be part of, including the first, before its rows are recorded as unanswered."""
    poll_min_s: Annotated[Seconds, Field(gt=0)] = 2.0
    """Shortest interval between two status checks of a job. The interval grows with the age of the job."""
    poll_max_s: Annotated[Seconds, Field(gt=0)] = 300.0
    """Longest interval between two status checks of a job."""
    backoff_s: Annotated[Seconds, Field(gt=0)] = 30.0
    """Wait after the provider's queue was full. Each further rejection doubles it, up to one hour."""
    settle_s: Annotated[Seconds, Field(ge=0)] = 60.0
    """How long a submission that was not confirmed is searched for at the provider before it is repeated, and how long an ended
    job's results are waited for if they are not there, or not whole. An input file that the provider still processes is waited
    for five times as long."""


class RoutingConfig(ConfigModel):
    """What the choice of a lane takes into account when `lane` is `auto`."""

    deadline_hours: Annotated[Hours, Field(gt=0)] | None = None
    """Time from the choice of lanes until all rows must have landed. A run that cannot meet the deadline is refused before it
    costs anything. Without a value, runs aim at 48 hours and none is refused."""
    min_saving_usd: Annotated[Usd, Field(ge=0)] = 1.0
    """Smallest saving over the whole run that is worth the wait for a batch."""
    batch_hours: Annotated[Hours, Field(gt=0)] = 24.0
    """Assumed duration of a batch job, until five jobs have been measured."""
    tokens_per_minute: Annotated[float, Field(gt=0, json_schema_extra={UNIT: "tokens per minute"})] = 200_000.0
    """Assumed throughput of the realtime lane until it has been measured, unless all its endpoints have a `limits.tpm`."""
    flex_pace: PositiveShare = 0.25
    """Assumed throughput of the flex lane as a share of the realtime lane's, until it has been measured."""


class StrategyConfig(ConfigModel):
    """How conversations and classifiers share requests.

    By default every request has one conversation and one classifier; in a weekly run, anything else depends on
    `strategy_gate`. `semtel experiment` measures what a strategy saves and what it costs in quality.
    """

    pack: Annotated[Conversations, Field(ge=1, le=50)] = 1
    """Largest number of conversations in a request."""
    pack_tokens: Annotated[Tokens, Field(ge=256, le=1_000_000)] = 16_000
    """Largest number of conversation tokens in a packed request. A longer conversation is sent alone."""
    combine: bool = False
    """Send all classifiers in one request, so that each conversation is sent once."""
    grader: bool = False
    """Show the labels of shared requests to the model again. Labels it names as wrong are requested again alone."""
    shuffle_seed: int = 0
    """Determines which conversations share a request, and in which order."""
    seed: int | None = None
    """Value of `seed` in every request. Another seed makes another request, so no earlier reply is reused. Without a value,
    the prompt files decide."""
    audit_share: Share = 0.02
    """Share of the graded labels that are requested again alone whatever the grader says. Measures the grader's precision."""
    shadow_share: Share = 0.01
    """Share of the combined labels that are also requested separately, for comparison."""
    shadow_floor: Share = 0.8
    """A classifier whose combined and separate labels agree less often than this is no longer combined."""
    shadow_min: Annotated[int, Field(ge=1)] = 30
    """Number of compared labels below which no classifier is excluded from combining."""
    unbundled_days: Annotated[Days, Field(gt=0)] = 90.0
    """How long an excluded classifier is requested separately before combining is tried again."""

    @property
    def plain(self) -> bool:
        """Whether every request has one conversation and one classifier."""
        return self.pack == 1 and not self.combine


class Severity(StrEnum):
    """What a failed check does."""

    OFF = "off"
    """The check is not run."""
    WARN = "warn"
    """The week is published with a warning in the report."""
    STOP = "stop"
    """The week is not published."""


class CheckPolicy(ConfigModel):
    """A quality check: its limit, and what happens beyond it."""

    severity: Severity = Severity.STOP
    """What the check does when it fails. A check that is mentioned without it stops the week, whatever its own default is."""
    limit: float | None = None
    """Largest value that passes, in the unit of the check. Without a value the check is not run."""


def _known_check(name: str) -> str:
    if name not in QUALITY_CHECKS:
        raise PydanticCustomError("extra_forbidden", "is not a setting")
    return name


def _list_checks(schema: dict[str, Any]) -> None:
    """List each check as a property with its description; other names are not settings."""
    policy = schema["additionalProperties"]
    for name in QUALITY_CHECKS.names():
        default = QUALITY_CHECKS.load(name).default.model_dump(mode="json")
        schema["properties"][name] = {**policy, "default": default, "description": QUALITY_CHECKS.describe(name)}
    schema["additionalProperties"] = False


class QualityConfig(ConfigModel):
    """Limits of the quality gate: a setting for each quality check, and two that concern several.

    The checks of the schema and of one row per conversation and classifier are not configurable: they always stop the
    week.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=_list_checks)
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_known_check)], CheckPolicy]

    history_weeks: Annotated[int, Field(ge=1, le=52, json_schema_extra={UNIT: "weeks"})] = 4
    """Published weeks that label shares are compared with."""
    min_rows: Annotated[int, Field(ge=1, json_schema_extra={UNIT: "rows"})] = 30
    """Shares of fewer rows than this are shown, but not checked."""

    @model_validator(mode="before")
    @classmethod
    def _with_default_policies(cls, data: Any) -> Any:
        """Fill in the default policies of checks that are not configured."""
        if not isinstance(data, dict):
            return data
        return {**{name: QUALITY_CHECKS.load(name).default for name in QUALITY_CHECKS.names()}, **data}

    @classmethod
    def extra_settings(cls) -> dict[str, type[BaseModel]]:
        """Settings that are not fields, with their models, for error messages."""
        return dict.fromkeys(QUALITY_CHECKS.names(), CheckPolicy)

    @property
    def checks(self) -> Mapping[str, CheckPolicy]:
        """The policy of each check by name."""
        return self.__pydantic_extra__ or {}


class PublishConfig(ConfigModel):
    """What is published, and where."""

    rows_to_sql: bool = True
    """Write the label rows to the database as well as to Parquet files."""
    min_slice: Annotated[Conversations, Field(ge=1)] = 10
    """Slices of fewer conversations than this are not reported."""


class PipelineConfig(ConfigModel):
    """What a run does.

    Every setting is optional. The form of a DAG and the options of a command take precedence over this file.
    """

    source: SourceConfig = SourceConfig()
    """Where conversations come from. A run needs `source.paths` or `source.sql`, here or in its request."""
    sample: SampleConfig = SampleConfig()
    """Which conversations represent the week."""
    scrub: ScrubConfig = ScrubConfig()
    """How personal data is replaced."""
    tokens: TokensConfig = TokensConfig()
    """How much of each conversation is sent."""
    classifiers: tuple[str, ...] = Field(
        default=DEFAULT_CLASSIFIERS,
        examples=[["topic", "satisfaction"]],
    )
    """Classifiers to run: names of files in `include/prompts/`, without `.prompty`."""
    shards: ShardConfig = ShardConfig()
    """How the sample is divided into tasks."""
    realtime: RealtimeConfig = RealtimeConfig()
    """How the realtime lane sends requests."""
    batch: BatchConfig = BatchConfig()
    """How the batch lane sends requests."""
    lane: LaneSetting = "auto"
    """How requests are sent. `auto`: each shard's lane is chosen from price, deadline and measured speed. `realtime`:
    immediately. `batch`: in batch jobs, cheaper and within about a day. `flex`: immediately at a lower price and speed."""
    routing: RoutingConfig = RoutingConfig()
    """What the choice of a lane takes into account."""
    strategy: StrategyConfig = StrategyConfig()
    """How conversations and classifiers share requests."""
    strategy_gate: StrategyGateConfig = StrategyGateConfig()
    """What evidence a strategy needs."""
    model_gate: ModelGateConfig = ModelGateConfig()
    """Which labellers may be used."""
    quality: QualityConfig = Field(default_factory=QualityConfig)  # a factory, since checks import this module
    """Limits of the quality gate."""
    publish: PublishConfig = PublishConfig()
    """What is published."""
    retention: RetentionConfig = RetentionConfig()
    """How long each kind of file is kept; `semtel lake clean` removes what is older."""
    alerts: AlertsConfig = AlertsConfig()
    """Who is notified of problems."""
    sentinels: SentinelsConfig = SentinelsConfig()
    """Conversations that are asked every day, to notice a model that changes."""
    budget_usd: Annotated[Usd, Field(gt=0)] | None = Field(default=None, examples=[25.0])
    """Largest amount that a run may spend; it stops before a request that could exceed it. With a higher budget, the same run
    continues. Requires a price for every endpoint. Without a value, spending is not limited."""


def pipeline_of(settings: Settings) -> PipelineConfig:
    """Read pipeline.yaml. A missing file counts as empty, unless the environment names it.

    Raises:
        ConfigError: the file is wrong, or it is named and missing.
    """
    path = settings.pipeline_path
    return load_yaml(path, PipelineConfig) if settings.pipeline or path.exists() else PipelineConfig()

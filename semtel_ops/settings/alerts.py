"""`alerts:` in pipeline.yaml: who is notified of which problems."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from semtel_ops.extensions import ALERT_CHANNELS
from semtel_ops.settings.config_model import ConfigModel, PositiveShare, Seconds, VariableName
from semtel_ops.settings.named import NameIn


class AlertKind(StrEnum):
    """What alerts are about; `docs/runbook.md` has a section for each."""

    GATE_STOPPED = "gate_stopped"
    """The quality gate stopped the week: nothing was published."""
    GATE_WARNED = "gate_warned"
    """The week was published, and a quality check failed with severity `warn`."""
    LABEL_DRIFT = "label_drift"
    """The share of a label changed by more than its limit."""
    QUARANTINE = "quarantine"
    """Too many records of the source could not be read."""
    BUDGET = "budget"
    """The budget is nearly or completely spent."""
    CIRCUIT_OPEN = "circuit_open"
    """An endpoint kept failing, and requests to it were suspended."""
    STRATEGY = "strategy"
    """Requests are shared less than configured, because there is no evidence that sharing keeps the quality."""
    MODEL_HELD = "model_held"
    """A new model waits for an alignment; the last aligned one labelled in its place."""
    LABELLER_CHANGED = "labeller_changed"
    """Another labeller than last week's labelled, over a bridge; earlier weeks can be labelled again."""
    BATCH_RESCUED = "batch_rescued"
    """Rows that batch jobs left unanswered were requested in the realtime lane."""
    DEADLINE_MISSED = "deadline_missed"
    """The rows of the week had not landed by the deadline."""
    MODEL_MOVED = "model_moved"
    """Another model answers under the name that is asked for, or the answers about the sentinels have moved."""
    MODEL_RETIRES = "model_retires"
    """A model that an endpoint asks is no longer served in 90, 30 or 7 days."""
    TASK_FAILED = "task_failed"
    """A task failed after its retries, and the run cannot continue."""
    PART_FAILED = "part_failed"
    """One shard or part failed after its retries; the others continue."""
    TEST = "test"
    """A test alert."""


class AlertSeverity(StrEnum):
    """Severity of an alert, in ascending order."""

    INFO = "info"
    """For information."""
    WARNING = "warning"
    """Worth a look; the run continues or has ended."""
    CRITICAL = "critical"
    """Needs action: something failed, stopped or is late."""


class ChannelConfig(ConfigModel):
    """A place that alerts are sent to: through an Airflow connection, or to a webhook whose URL is in the environment."""

    kind: Annotated[str, NameIn(ALERT_CHANNELS)]
    """Service."""
    name: str = Field(default="", max_length=120, examples=["on-call"])
    """Name of the channel in logs and commands. Default: its kind."""
    conn_id: str | None = Field(default=None, examples=["slack_default"])
    """Id of the Airflow connection that holds the address and the secret."""
    url_env: VariableName | None = Field(default=None, examples=["ALERT_WEBHOOK_URL"])
    """Only for webhooks: name of the environment variable that holds the URL. Works outside Airflow, too."""
    secret_env: VariableName | None = Field(default=None, examples=["ALERT_WEBHOOK_SECRET"])
    """Only for `webhook`: name of the environment variable that holds the secret with which requests are signed, as Standard
    Webhooks describes; two secrets in base64, separated by a space, while one replaces the other. A receiver should refuse
    requests whose timestamp is more than five minutes away, and ids that it has seen. Default: not signed."""
    to: tuple[str, ...] = Field(default=(), examples=[["on-call@example.com"]])
    """Only for `email`: the recipients."""
    min_severity: AlertSeverity = AlertSeverity.WARNING
    """Less severe alerts are not sent to this channel."""
    events: tuple[AlertKind, ...] = Field(default=(), examples=[["gate_stopped", "task_failed"]])
    """Kinds of alerts that are sent to this channel. Empty: all."""

    @model_validator(mode="after")
    def _reachable(self) -> "ChannelConfig":
        kind = ALERT_CHANNELS.load(self.kind)
        if self.url_env is not None and not kind.takes_url:
            raise ValueError(f"url_env is for webhooks; {self.kind} needs conn_id, the id of an Airflow connection")
        if (self.conn_id is None) == (self.url_env is None):
            either = "exactly one of conn_id and url_env" if kind.takes_url else "conn_id"
            raise ValueError(f"{self.kind} needs {either}")
        if self.secret_env is not None and not kind.signs:
            raise ValueError(f"secret_env is for webhooks; requests to {self.kind} are not signed")
        if kind.takes_recipients != bool(self.to):
            raise ValueError(f"{self.kind} {'needs' if kind.takes_recipients else 'has no'} `to`, the recipients")
        return self

    @property
    def label(self) -> str:
        """Name of the channel, which is unique."""
        return self.name or self.kind


class AlertsConfig(ConfigModel):
    """Who is notified of problems.

    Alerts are recorded in the ledger even if there is no channel; `semtel alerts test` sends a test alert.
    """

    channels: tuple[ChannelConfig, ...] = ()
    """Places that alerts are sent to."""
    airflow_url: str | None = Field(default=None, examples=["https://airflow.example.com"])
    """Base URL of Airflow's web server, for links in alerts. Default: Airflow's own `[api] base_url`."""
    runbook_url: str = "docs/runbook.md"
    """URL or path of the runbook, for links in alerts."""
    budget_share: PositiveShare = 0.8
    """Share of `budget_usd` at which an alert is sent, before the budget is spent."""
    circuit_open_s: Annotated[Seconds, Field(ge=0)] = 300.0
    """An alert is sent about an endpoint that kept failing, if requests to it were suspended for longer than this."""

    @model_validator(mode="after")
    def _unique_names(self) -> "AlertsConfig":
        labels = [channel.label for channel in self.channels]
        duplicates = sorted({label for label in labels if labels.count(label) > 1})
        if duplicates:
            raise ValueError(f"channels need different names; {duplicates[0]!r} is given twice")
        return self

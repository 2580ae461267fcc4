"""`alerts:` in pipeline.yaml: who is told of what, and how bad it must be before anybody is."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class AlertKind(StrEnum):
    """What people are told of; `docs/runbook.md` has a section for each."""

    GATE_STOPPED = "gate_stopped"
    GATE_WARNED = "gate_warned"
    LABEL_DRIFT = "label_drift"
    QUARANTINE = "quarantine"
    BUDGET = "budget"
    CIRCUIT_OPEN = "circuit_open"
    STRATEGY = "strategy"  # requests are shared less than configured, because it was not seen to hold
    BATCH_RESCUED = "batch_rescued"
    DEADLINE_MISSED = "deadline_missed"
    TASK_FAILED = "task_failed"  # the run cannot go on
    PART_FAILED = "part_failed"  # one shard or part; the others go on
    TEST = "test"


class AlertSeverity(StrEnum):
    """From the mildest to the gravest."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class ChannelConfig(BaseModel):
    """One place that is told: a connection of Airflow's, or a webhook whose URL is in the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["slack", "pagerduty", "email", "webhook"]
    name: str = Field(default="", max_length=120, description="How the channel is called in logs and commands; default: kind.")
    conn_id: str | None = Field(default=None, description="Airflow connection that holds address and secret.")
    url_env: str | None = Field(
        default=None, description="webhook only: environment variable with the URL; works outside Airflow too."
    )
    to: tuple[str, ...] = Field(default=(), description="email only: who gets it.")
    min_severity: AlertSeverity = AlertSeverity.WARNING
    events: tuple[AlertKind, ...] = Field(default=(), description="Only these kinds; empty: all.")

    @model_validator(mode="after")
    def _reachable(self) -> "ChannelConfig":
        if self.url_env is not None and self.kind != "webhook":
            raise ValueError(f"url_env is for webhooks; {self.kind} needs conn_id, a connection of Airflow's")
        if (self.conn_id is None) == (self.url_env is None):
            either = "exactly one of conn_id and url_env" if self.kind == "webhook" else "conn_id"
            raise ValueError(f"{self.kind} needs {either}")
        if (self.kind == "email") != bool(self.to):
            raise ValueError("email needs `to`, and nothing else has it")
        return self

    @property
    def label(self) -> str:
        return self.name or self.kind


class AlertsConfig(BaseModel):
    """The whole section. Alerts are kept in the ledger whether or not anybody is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: tuple[ChannelConfig, ...] = ()
    airflow_url: str | None = Field(
        default=None, description="Airflow's web server as people reach it, for links; default: its own [api] base_url."
    )
    runbook_url: str = Field(default="docs/runbook.md", description="Where people read the runbook.")
    budget_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.8, description="Share of `budget_usd` at which people are told, before it is spent."
    )
    circuit_open_s: Annotated[float, Field(ge=0)] = Field(
        default=300.0, description="An endpoint left alone for longer than this, because it kept failing, is an alert."
    )

    @model_validator(mode="after")
    def _told_apart(self) -> "AlertsConfig":
        labels = [channel.label for channel in self.channels]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"channels are told apart by `name`, and {twice[0]!r} is there twice")
        return self

"""Configuration, which is validated once, before any data is read or money spent.

Here: the environment (`Settings`), `pipeline.yaml` (`PipelineConfig`), and the loader, which reports a wrong file in one line.
Not here: `endpoints.yaml` (`endpoints.catalog`, with the same loader) and `.prompty` files (`classifiers`).
"""

from semtel_ops.settings.alerts import AlertKind, AlertsConfig, AlertSeverity, ChannelConfig
from semtel_ops.settings.environment import Settings
from semtel_ops.settings.gates import ModelGateConfig, StrategyGateConfig
from semtel_ops.settings.load import load_yaml, parse_config
from semtel_ops.settings.pipeline import (
    DEFAULT_CLASSIFIERS,
    CheckPolicy,
    Compression,
    PipelineConfig,
    PublishConfig,
    QualityConfig,
    RealtimeConfig,
    RoutingConfig,
    SampleConfig,
    ScrubConfig,
    Severity,
    ShardConfig,
    SourceConfig,
    SqlSourceConfig,
    StrategyConfig,
    TokensConfig,
    Truncation,
    pipeline_of,
)

__all__ = [
    "DEFAULT_CLASSIFIERS",
    "AlertKind",
    "AlertSeverity",
    "AlertsConfig",
    "ChannelConfig",
    "CheckPolicy",
    "Compression",
    "ModelGateConfig",
    "PipelineConfig",
    "PublishConfig",
    "QualityConfig",
    "RealtimeConfig",
    "RoutingConfig",
    "SampleConfig",
    "ScrubConfig",
    "Settings",
    "Severity",
    "ShardConfig",
    "SourceConfig",
    "SqlSourceConfig",
    "StrategyConfig",
    "StrategyGateConfig",
    "TokensConfig",
    "Truncation",
    "load_yaml",
    "parse_config",
    "pipeline_of",
]

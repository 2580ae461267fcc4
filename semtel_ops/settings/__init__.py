"""What a person can configure, checked once, before anything is read or paid.

Here: the environment (`Settings`), `pipeline.yaml` (`PipelineConfig`) and the loader that turns a wrong file into one clear
line. Not here: endpoints (their own room reads `endpoints.yaml` with the same loader) and classifiers (`.prompty` files).
"""

from semtel_ops.settings.alerts import AlertKind, AlertsConfig, AlertSeverity, ChannelConfig
from semtel_ops.settings.environment import Settings
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
    StrategyGateConfig,
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

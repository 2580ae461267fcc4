"""The implementations in this package: for each a line with its name and `module:attribute`.

To add an implementation, write its module and add its line here; `docs/contributing.md` has a recipe for each table. Installed
packages add implementations by entry points of the table's group instead.
"""

from typing import Final

from semtel_ops.extensions.registry import Registry

TRUNCATION_STRATEGIES: Final = Registry(
    "truncation strategy",
    {
        "head": "semtel_ops.tokens.strategies.ends:keep_head",
        "tail": "semtel_ops.tokens.strategies.ends:keep_tail",
        "middle": "semtel_ops.tokens.strategies.ends:keep_ends",
        "turns": "semtel_ops.tokens.strategies.turns:keep_turns",
    },
    group="semtel_ops.truncation_strategies",
)
"""`tokens.truncation`: functions of type `tokens.strategies.Strategy`."""

QUALITY_CHECKS: Final = Registry(
    "quality check",
    {
        "non_success_share": "semtel_ops.quality.checks.non_success_share:NonSuccessShare",
        "constant_output_share": "semtel_ops.quality.checks.constant_output_share:ConstantOutputShare",
        "labeller_change": "semtel_ops.quality.checks.labeller_change:ChangedLabellers",
        "label_share_change": "semtel_ops.quality.checks.label_share_change:LabelShareChange",
        "truncated_share": "semtel_ops.quality.checks.truncated_share:TruncatedShare",
        "quarantined_share": "semtel_ops.quality.checks.quarantined_share:QuarantinedShare",
        "cost_per_conversation_usd": "semtel_ops.quality.checks.cost_per_conversation:CostPerConversation",
    },
    group="semtel_ops.quality_checks",
)
"""`quality:` has a policy for each: subclasses of `quality.checks.Check`."""

ALERT_CHANNELS: Final = Registry(
    "kind of channel",
    {
        "slack": "semtel_ops.alerts.channels.slack:SLACK",
        "pagerduty": "semtel_ops.alerts.channels.pagerduty:PAGERDUTY",
        "email": "semtel_ops.alerts.channels.email:EMAIL",
        "webhook": "semtel_ops.alerts.channels.webhook:WEBHOOK",
    },
    group="semtel_ops.alert_channels",
)
"""`kind` under `alerts.channels`: values of type `alerts.channels.ChannelKind`."""

CONTAINERS: Final = Registry(
    "container",
    {
        "parquet": "semtel_ops.conversations.sources.containers.parquet:PARQUET",
        "json_lines": "semtel_ops.conversations.sources.containers.json_lines:JSON_LINES",
        "json_values": "semtel_ops.conversations.sources.containers.json_values:JSON_VALUES",
        "csv": "semtel_ops.conversations.sources.containers.csv_rows:CSV",
    },
    group="semtel_ops.containers",
)
"""Containers of records, in the order in which they are tried: values of type `conversations.sources.containers.Container`."""

CONVERSATION_FORMATS: Final = Registry(
    "format of conversations",
    {
        "oasst-rows": "semtel_ops.conversations.sources.formats.oasst:OASST_ROW",
        "semtel": "semtel_ops.conversations.sources.formats.messages:OURS",
        "openai": "semtel_ops.conversations.sources.formats.messages:OPENAI",
        "sharegpt": "semtel_ops.conversations.sources.formats.messages:SHAREGPT",
        "wildchat": "semtel_ops.conversations.sources.formats.messages:WILDCHAT",
        "lmsys": "semtel_ops.conversations.sources.formats.messages:LMSYS",
        "gemini": "semtel_ops.conversations.sources.formats.messages:GEMINI",
        "ai-studio": "semtel_ops.conversations.sources.formats.messages:AI_STUDIO",
        "chatgpt-export": "semtel_ops.conversations.sources.formats.chatgpt:CHATGPT_EXPORT",
        "claude-export": "semtel_ops.conversations.sources.formats.claude:CLAUDE_EXPORT",
        "open-webui-export": "semtel_ops.conversations.sources.formats.chat_interfaces:OPEN_WEBUI_EXPORT",
        "librechat-export": "semtel_ops.conversations.sources.formats.chat_interfaces:LIBRECHAT_EXPORT",
        "grok-export": "semtel_ops.conversations.sources.formats.chat_interfaces:GROK_EXPORT",
        "hh-rlhf": "semtel_ops.conversations.sources.formats.hh_rlhf:HH_RLHF",
        "oasst-tree": "semtel_ops.conversations.sources.formats.oasst:OASST_TREE",
    },
    group="semtel_ops.conversation_formats",
)
"""Formats of records: values of type `conversations.sources.formats.Format`."""

SCRUB_ENGINES: Final = Registry(
    "scrub engine",
    {
        "rules": "semtel_ops.conversations.scrub.rules:RuleScrubber",
        "presidio": "semtel_ops.conversations.scrub.presidio:make_presidio",
        "off": "semtel_ops.conversations.scrub.factory:NoScrubber",
    },
    group="semtel_ops.scrub_engines",
)
"""`scrub.engine`: functions of type `conversations.scrub.MakeScrubber`."""

COMPRESSORS: Final = Registry(
    "compressor",
    {
        "none": "semtel_ops.tokens.compressor:NO_COMPRESSION",
        "rules": "semtel_ops.tokens.rules:RULES",
        "llmlingua": "semtel_ops.tokens.llmlingua:LLMLINGUA",
    },
    group="semtel_ops.compressors",
)
"""`tokens.compression`: values of type `tokens.compressor.CompressorKind`."""

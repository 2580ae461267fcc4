"""The kinds of channels: how an alert is written for each, and sent.

Here: what a kind is (`channel_kind`) and one module for each kind. To add one, write its module and name it in
`semtel_ops.extensions.builtin`. Not here: which alerts a channel is told of (`alerts.channel`), and Airflow's connections,
which the plugin hands in.
"""

from semtel_ops.alerts.channels.channel_kind import ChannelKind, Connections, Notifier, channel_kind

__all__ = ["ChannelKind", "Connections", "Notifier", "channel_kind"]

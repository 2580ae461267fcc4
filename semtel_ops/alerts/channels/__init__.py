"""The kinds of channels: how each formats and sends an alert.

Here: the interface of a kind (`channel_kind`) and a module for each kind. To add a kind, write its module and name it in
`semtel_ops.extensions.builtin`. Not here: which alerts a channel receives (`alerts.channel`), and Airflow's connections (the
plugin).
"""

from semtel_ops.alerts.channels.channel_kind import ChannelKind, Connections, Notifier, channel_kind

__all__ = ["ChannelKind", "Connections", "Notifier", "channel_kind"]

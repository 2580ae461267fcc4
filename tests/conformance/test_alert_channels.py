from collections.abc import Iterator
from typing import Any

import pytest

from semtel_ops.alerts.channel import Channel, channel_of
from semtel_ops.alerts.channels import channel_kind
from semtel_ops.extensions import ALERT_CHANNELS
from semtel_ops.settings import ChannelConfig
from semtel_ops.testing.conformance.alert_channel import AlertChannelSuite
from semtel_ops.testing.connections import RecordingConnections
from semtel_ops.testing.webhook import Webhook, listening_webhook


class TestEveryChannel(AlertChannelSuite):
    @pytest.fixture(params=ALERT_CHANNELS.names())
    def config(self, request: pytest.FixtureRequest) -> ChannelConfig:
        to = ("on-call@example.com",) if channel_kind(request.param).takes_recipients else ()
        return ChannelConfig(kind=request.param, conn_id="known", to=to)

    @pytest.fixture
    def hook(self) -> Iterator[Webhook]:
        with listening_webhook() as hook:
            yield hook

    @pytest.fixture
    def connections(self, hook: Webhook) -> RecordingConnections:
        return RecordingConnections(hook.url)

    @pytest.fixture
    def received(self, hook: Webhook, connections: RecordingConnections, config: ChannelConfig) -> list[Any]:
        return hook.received if channel_kind(config.kind).takes_url else connections.notified

    @pytest.fixture
    def channel(self, config: ChannelConfig, connections: RecordingConnections) -> Channel:
        return channel_of(config, connections)

    @pytest.fixture
    def refused(self, config: ChannelConfig, hook: Webhook, connections: RecordingConnections) -> Channel:
        hook.status, connections.refuses = 503, True
        return channel_of(config, connections)

"""Tell channels that nothing is wrong, to see that they can be told."""

from datetime import UTC, datetime

from semtel_ops.alerts.build import trial_alert
from semtel_ops.alerts.context import AlertContext
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import AlertError, ConfigError
from semtel_ops.settings import Settings, pipeline_of

TOLD = "told"


def send_test(
    *, alerts: AlertContext, to: str | None = None, config: str | None = None, clock: Clock | None = None
) -> dict[str, str]:
    """What became of each channel of pipeline.yaml (`config`: another path): told, or why not. The ledger keeps nothing of it.

    Args:
        to: only this channel.

    Raises:
        ConfigError: there is no channel, or none of the name.
    """
    settings = Settings.from_env()
    alerts_config = pipeline_of(settings.model_copy(update={"pipeline": config}) if config else settings).alerts
    channels = alerts.open_channels(alerts_config)
    chosen = [channel for channel in channels if to in {None, channel.name}]
    if not chosen:
        known = ", ".join(channel.name for channel in channels)
        fix = f"is not a channel; known: {known}" if known else "is empty: add a channel, the comments in that file show how"
        raise ConfigError("pipeline.yaml: alerts.channels", to, fix)
    at = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    alert = trial_alert(alerts.place(alerts_config), at)
    told = {}
    for channel in chosen:
        try:
            channel.send(alert)
            told[channel.name] = TOLD
        except Exception as error:  # noqa: BLE001 - providers raise what they like; the others are still to be told
            told[channel.name] = f"{type(error).__name__}: {error}"[:500]
    return told


def raise_if_undelivered(told: dict[str, str]) -> dict[str, str]:
    """The result of `send_test`, unless a channel did not take it.

    Raises:
        AlertError: names the channels and why.
    """
    failed = [f"{name}: {problem}" for name, problem in told.items() if problem != TOLD]
    if failed:
        raise AlertError(f"a test alert was not taken by {len(failed)} of {len(told)} channels: {'; '.join(failed)}")
    return told

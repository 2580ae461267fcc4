"""Send a test alert to the configured channels, to check that they work."""

from datetime import UTC, datetime

from semtel_ops.alerts.build import trial_alert
from semtel_ops.alerts.context import AlertContext
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import AlertError, ConfigError
from semtel_ops.settings import Settings, pipeline_of

DELIVERED = "delivered"


def send_test(
    *, alerts: AlertContext, to: str | None = None, config: str | None = None, clock: Clock | None = None
) -> dict[str, str]:
    """Send a test alert to the channels in pipeline.yaml (`config`: another path); nothing is written to the ledger.

    Args:
        to: only this channel.

    Returns:
        For each channel `DELIVERED`, or the error.

    Raises:
        ConfigError: no channel is configured, or none has this name.
    """
    settings = Settings.from_env()
    alerts_config = pipeline_of(settings.model_copy(update={"pipeline": config}) if config else settings).alerts
    channels = alerts.open_channels(alerts_config)
    chosen = [channel for channel in channels if to in {None, channel.name}]
    if not chosen:
        known = ", ".join(channel.name for channel in channels)
        fix = f"is not a channel; known: {known}" if known else "is empty: add a channel, as shown in the comments of that file"
        raise ConfigError("pipeline.yaml: alerts.channels", to, fix)
    at = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    alert = trial_alert(alerts.place(alerts_config), at)
    results = {}
    for channel in chosen:
        try:
            channel.send(alert)
            results[channel.name] = DELIVERED
        except Exception as error:  # noqa: BLE001 - channels raise any type; the others are still to be tried
            results[channel.name] = f"{type(error).__name__}: {error}"[:500]
    return results


def raise_if_undelivered(results: dict[str, str]) -> dict[str, str]:
    """Return the result of `send_test` if every channel received the alert.

    Raises:
        AlertError: with the channels that failed, and their errors.
    """
    failed = [f"{name}: {problem}" for name, problem in results.items() if problem != DELIVERED]
    if failed:
        raise AlertError(f"the test alert failed for {len(failed)} of {len(results)} channels: {'; '.join(failed)}")
    return results

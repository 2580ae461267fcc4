"""`semtel alerts`: list open alerts, and test the alert channels."""

import click

from semtel_ops.cli.options import CONFIG
from semtel_ops.cli.output import show
from semtel_ops.humanize import date_time


@click.group()
def alerts() -> None:
    """List alerts, or send a test alert. docs/runbook.md explains each kind of alert.

    \b
    Examples:
      semtel alerts list
      semtel alerts test
    """  # noqa: D301 - \b is click's mark


@alerts.command("list")
@click.option("--week", help="Only alerts of this ISO week, such as 2026-W47.")
@click.option("--all", "everything", is_flag=True, help="Include resolved alerts.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Largest number of alerts.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_alerts(week: str | None, everything: bool, limit: int, as_json: bool) -> None:
    """Print open alerts, latest first.

    \b
    Examples:
      semtel alerts list
      semtel alerts list --week 2026-W47 --all
    """  # noqa: D301 - \b is click's mark
    import json

    from semtel_ops.alerts.render import text, webhook
    from semtel_ops.runs.resources import ledger_of_environment
    from semtel_ops.steps.alert import alert_of
    from semtel_ops.store.alert_ledger import AlertLedger

    with ledger_of_environment() as ledger:
        alert_ledger = AlertLedger(ledger)
        rows = alert_ledger.alerts(week, state=None if everything else "open", limit=limit)
        undelivered = {
            row: [delivery.channel for delivery in alert_ledger.deliveries(row) if delivery.state == "undelivered"]
            for row in rows
        }
    if as_json:
        click.echo(json.dumps([{**webhook(alert_of(row)), "undelivered": undelivered[row]} for row in rows], indent=1))
        return
    for row in rows:
        click.echo(text(alert_of(row)))
        click.echo(f"Raised: {date_time(row.raised_at)}")
        if undelivered[row]:
            click.echo(f"Not delivered to: {', '.join(undelivered[row])}")
        click.echo()
    if not rows:
        click.echo("no alerts" if everything else "no open alerts")


@alerts.command("test")
@click.option(
    "--to",
    metavar="NAME",
    help="Only the channel of this name; a channel without a name has that of its kind. Default: all channels.",
)
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def test_channels(to: str | None, config: str | None, as_json: bool) -> None:
    """Send a test alert to the channels in pipeline.yaml. Exit code 1 if a delivery fails.

    Channels that use an Airflow connection can be tested only in Airflow: trigger the DAG semantic_telemetry_alert_test.

    \b
    Example:
      semtel alerts test --to webhook
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.alerts.channel import channel_of
    from semtel_ops.alerts.context import AlertContext
    from semtel_ops.steps.alert_test import DELIVERED, send_test

    alerts = AlertContext(open_channels=lambda config: [channel_of(channel) for channel in config.channels])
    results = send_test(alerts=alerts, to=to, config=config)
    show(results, as_json=as_json)
    if any(result != DELIVERED for result in results.values()):
        raise SystemExit(1)

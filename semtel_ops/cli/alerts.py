"""`semtel alerts`: what is wrong now, and whether those who should know can be told."""

import click

from semtel_ops.cli.output import show
from semtel_ops.humanize import date_time


@click.group()
def alerts() -> None:
    """List alerts, or send one that says that nothing is wrong."""


@alerts.command("list")
@click.option("--week", help="Only of this ISO week.")
@click.option("--all", "everything", is_flag=True, help="Resolved ones too.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_alerts(week: str | None, everything: bool, limit: int, as_json: bool) -> None:
    """What is open, the latest first.

    \b
      semtel alerts list --week 2026-W47 --all
    """  # noqa: D301 - \b is click's mark
    import json

    from semtel_ops.alerts.render import text, webhook
    from semtel_ops.runs.resources import ledger_of_environment
    from semtel_ops.steps.alert import alert_of
    from semtel_ops.store.alert_ledger import AlertLedger

    with ledger_of_environment() as ledger:
        held = AlertLedger(ledger)
        rows = held.alerts(week, state=None if everything else "open", limit=limit)
        untold = {row: [one.channel for one in held.deliveries(row) if one.state == "undelivered"] for row in rows}
    if as_json:
        click.echo(json.dumps([{**webhook(alert_of(row)), "undelivered": untold[row]} for row in rows], indent=1))
        return
    for row in rows:
        click.echo(text(alert_of(row)))
        click.echo(f"Raised: {date_time(row.raised_at)}")
        if untold[row]:
            click.echo(f"Could not be told: {', '.join(untold[row])}")
        click.echo()
    if not rows:
        click.echo("no alerts" if everything else "nothing is open")


@alerts.command("test")
@click.option("--to", metavar="NAME", help="Only this channel. Default: all of them.")
@click.option("--config", type=click.Path(dir_okay=False), help="pipeline.yaml.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of it as JSON.")
def test_channels(to: str | None, config: str | None, as_json: bool) -> None:
    """Send a test alert through the channels of pipeline.yaml; exit 1 when one does not take it.

    Channels that are Airflow connections are told from Airflow: trigger the DAG semantic_telemetry_alert_test.
    """
    from semtel_ops.alerts.channel import channel_of
    from semtel_ops.alerts.context import AlertContext
    from semtel_ops.steps.alert_test import TOLD, send_test

    alerts = AlertContext(open_channels=lambda config: [channel_of(channel) for channel in config.channels])
    told = send_test(alerts=alerts, to=to, config=config)
    show(told, as_json=as_json)
    if any(problem != TOLD for problem in told.values()):
        raise SystemExit(1)

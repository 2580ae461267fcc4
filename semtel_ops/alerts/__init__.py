"""Alerts: built from the state of a run, and formatted for each channel.

Here: `Alert`, the builders (pure), the renderers (pure: text, Slack, PagerDuty, e-mail, webhook), and the kinds of channels.
Not here: reading a run or the ledger (`steps`), thresholds (`settings`), Airflow's connections (the plugin).
"""

from semtel_ops.alerts.build import AlertInputs, alerts_of
from semtel_ops.alerts.model import Alert, Counts, Links

__all__ = ["Alert", "AlertInputs", "Counts", "Links", "alerts_of"]

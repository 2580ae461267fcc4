"""Alerts: one value for each, made from the facts of a run and written for each channel.

Here: `Alert`, the pure builders from a run's facts, the pure renderings (text, Slack, PagerDuty, e-mail, webhook), and the one
channel that needs no Airflow. Not here: reading a run or the ledger (steps), thresholds (settings), other channels (plugin).
"""

from semtel_ops.alerts.build import AlertInputs, alerts_of
from semtel_ops.alerts.model import Alert, Counts, Links

__all__ = ["Alert", "AlertInputs", "Counts", "Links", "alerts_of"]

"""The asset that other DAGs can wait for: `@dag(schedule=[WEEKLY_LABELS])` starts when a week is published."""

from airflow.sdk import Asset

WEEKLY_LABELS = Asset(name="semantic_telemetry_weekly_labels", group="semantic_telemetry")
"""The published labels of one week; the event's `extra` has the week, the run id and the path of the files."""

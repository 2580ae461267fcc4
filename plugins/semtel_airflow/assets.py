"""What a run makes and other DAGs can wait for: `@dag(schedule=[WEEKLY_LABELS])` starts when a week is published."""

from airflow.sdk import Asset

WEEKLY_LABELS = Asset(name="semantic_telemetry_weekly_labels", group="semantic_telemetry")
"""The published labels of one week; the event's `extra` says which week, which run and where they lie."""

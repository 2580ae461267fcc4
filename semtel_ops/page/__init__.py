"""What the page in Airflow's UI shows: the ledger and the lake as plain values, and its charts.

Here: functions that read, each for one view; none changes anything. Not here: permissions and routes (`semtel_airflow.page`),
how a week is checked (`quality`, `evaluation`), the report that is stored as a file (`report`).
"""

from semtel_ops.page.context import NotThereError, PageContext

__all__ = ["NotThereError", "PageContext"]

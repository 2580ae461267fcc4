"""What the page in Airflow's UI shows: the ledger and the lake as plain values, and its charts.

Here: reading, and shaping what was read; every function answers one view and changes nothing. Not here: who may ask
(`semtel_airflow.page`), how a week is judged (quality, evaluation), the report that is kept as a file (report).
"""

from semtel_ops.page.context import NotThereError, PageContext

__all__ = ["NotThereError", "PageContext"]

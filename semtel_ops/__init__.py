"""Semantic telemetry: conversations with an AI assistant in, trusted labels out, every week.

The library is plain Python that runs from a shell, a test or an Airflow task, and does not import Airflow.
`semtel_ops.steps` holds the use cases, one call each; each package below it has one concern.
"""

__version__ = "0.1.0"

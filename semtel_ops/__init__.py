"""Semantic telemetry: conversations with an AI assistant in, trusted labels out, every week.

The library is plain Python: it runs from a shell, a test or an Airflow task, and has never heard of Airflow.
`semtel_ops.steps` holds the use cases, one call each; everything below is a room with one concern.
"""

__version__ = "0.1.0"

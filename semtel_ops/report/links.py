"""Links to pages of Airflow's web server, for alerts, reports and the command line."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

REPROCESS_PATH = "semtel-reprocess"
"""Where the plugin serves the pre-filled form: Airflow's own trigger form takes no values from its address."""

REPROCESS_DAG = "semantic_telemetry_reprocess"

ALIGN_PATH, ALIGN_DAG = "semtel-align", "model_alignment"

Fields = Mapping[str, str | float | bool | Sequence[str] | None]
"""Names of a form's fields, and values."""


def reprocess_link(base_url: str, fields: Fields) -> str:
    """Link to the reprocess form with these fields filled in. Opening it starts no run.

    Args:
        base_url: of Airflow's web server, as users open it; it can end in a path.
        fields: names of the form's fields, such as week, rows, classifiers and reason. None and empty values are left out,
            lists are joined with commas. The form shows an error for a name that it does not know.
    """
    return _form_link(base_url, REPROCESS_PATH, fields)


def align_link(base_url: str, fields: Fields) -> str:
    """Link to the form of `model_alignment` with these fields filled in, such as incumbent and candidates.

    Opening it starts no run. Arguments are as for `reprocess_link`.
    """
    return _form_link(base_url, ALIGN_PATH, fields)


def _form_link(base_url: str, path: str, fields: Fields) -> str:
    filled = {name: _field_text(value) for name, value in fields.items() if value is not None and value not in ("", (), [])}
    query = f"?{urlencode(filled)}" if filled else ""
    return f"{base_url.rstrip('/')}/{path}/{query}"


def dag_run_link(base_url: str, dag_id: str, run_id: str) -> str:
    """Link to a DAG run's page."""
    return f"{base_url.rstrip('/')}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"


def _field_text(value: str | float | bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if not isinstance(value, str | int | float) else str(value)

"""`conn_id` in endpoints.yaml: an Airflow connection becomes a host and a key, inside a task, and nowhere else."""

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from semtel_ops.endpoints.catalog import ConnectionFields
from semtel_ops.errors import ConfigError


def resolve_connection(conn_id: str) -> ConnectionFields:
    """Look a connection up through the task's own API.

    Its password is the key. Its host is the base URL, whole (`https://host/v1`) or in pieces (host, port, schema).

    Raises:
        ConfigError: there is no such connection.
    """
    try:
        connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        raise ConfigError("conn_id", conn_id, "is not a connection of this Airflow; add it under Admin → Connections") from None
    return ConnectionFields(base_url=_base_url(connection), api_key=connection.password or None)


def _base_url(connection: Connection) -> str | None:
    host = connection.host
    if not host or "://" in host:
        return host or None
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or 'https'}://{host}{port}"

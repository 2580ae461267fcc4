"""`conn_id` in endpoints.yaml: an Airflow connection becomes an endpoint's fields, inside a task, and nowhere else."""

from typing import Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from semtel_airflow.provider import CONNECTION_TYPE
from semtel_ops.endpoints.catalog import ConnectionFields
from semtel_ops.errors import ConfigError


def resolve_connection(conn_id: str) -> ConnectionFields:
    """Look a connection of any type up through the task's own API.

    Its password is the key. Its host is the base URL, whole (`https://host/v1`) or in pieces (host, port, schema).

    Raises:
        ConfigError: there is no such connection.
    """
    connection = find_connection(conn_id)
    return ConnectionFields(base_url=_base_url(connection), api_key=(connection.password or "").strip() or None)


def endpoint_settings(connection: Connection) -> dict[str, Any]:
    """What a connection says of an endpoint except for the key, by the names of endpoints.yaml.

    The extras are those of the form of our own type; those of other types mean something else and are not read.
    """
    extra = connection.extra_dejson if connection.conn_type == CONNECTION_TYPE else {}
    form = {name: value.strip() for name, value in extra.items() if isinstance(value, str)}
    return {"name": connection.conn_id, "base_url": _base_url(connection), **form}


def find_connection(conn_id: str) -> Connection:
    """The connection of that id.

    Raises:
        ConfigError: there is none.
    """
    try:
        connection: Connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        raise ConfigError("conn_id", conn_id, "is not a connection of this Airflow; add it under Admin → Connections") from None
    return connection


def _base_url(connection: Connection) -> str | None:
    host = (connection.host or "").strip()
    if not host or "://" in host:
        return host or None
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or 'https'}://{host}{port}"

"""Airflow connections as endpoints: a `conn_id` in endpoints.yaml is resolved inside a task, and only there."""

from typing import Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from semtel_airflow.provider import CONNECTION_TYPE
from semtel_ops.endpoints.catalog import ConnectionFields
from semtel_ops.errors import ConfigError


def resolve_connection(conn_id: str) -> ConnectionFields:
    """Look up a connection of any type.

    The password is the key. The host is the base URL, whole (`https://host/v1`) or in parts (host, port, schema).

    Raises:
        ConfigError: there is no such connection.
    """
    connection = find_connection(conn_id)
    return ConnectionFields(base_url=_base_url(connection), api_key=(connection.password or "").strip() or None)


def endpoint_settings(connection: Connection) -> dict[str, Any]:
    """The settings of an endpoint in a connection, without the key, by their names in endpoints.yaml.

    Extras are read only from connections of the type *Model endpoint (semtel)*; those of other types mean something else.
    """
    extra = connection.extra_dejson if connection.conn_type == CONNECTION_TYPE else {}
    form = {name: value.strip() for name, value in extra.items() if isinstance(value, str)}
    return {"name": connection.conn_id, "base_url": _base_url(connection), **form}


def find_connection(conn_id: str) -> Connection:
    """Return the connection with this id.

    Raises:
        ConfigError: there is no such connection.
    """
    try:
        connection: Connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        raise ConfigError("conn_id", conn_id, "is not a connection in this Airflow; add it under Admin → Connections") from None
    return connection


def _base_url(connection: Connection) -> str | None:
    host = (connection.host or "").strip()
    if not host or "://" in host:
        return host or None
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or 'https'}://{host}{port}"

"""The hook of the connection type `semtel_endpoint`: URL and key of an endpoint, and the *Test* button."""

import asyncio
from typing import Any

from airflow.sdk import BaseHook

from semtel_airflow.provider import CONNECTION_TYPE
from semtel_ops.endpoints.catalog import ConnectionFields

TEST_TIMEOUT_S = 10.0
"""Short, because a person waits for the result."""


class EndpointHook(BaseHook):
    """A model endpoint whose URL and key are in an Airflow connection; `conn_id` in endpoints.yaml names the connection."""

    conn_name_attr = "conn_id"
    default_conn_name = "semtel_endpoint_default"
    conn_type = CONNECTION_TYPE
    hook_name = "Model endpoint (semtel)"

    def __init__(self, conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id

    def get_conn(self) -> ConnectionFields:
        """URL and key; the endpoint is not contacted.

        Raises:
            ConfigError: there is no such connection.
        """
        from semtel_airflow.connections import resolve_connection

        return resolve_connection(self.conn_id)

    def test_connection(self) -> tuple[bool, str]:
        """Contact the endpoint. Returns whether a run could use it, and one line that says why and never shows the key."""
        from semtel_airflow.connections import endpoint_settings, find_connection
        from semtel_ops.endpoints.catalog import endpoint_from_settings
        from semtel_ops.endpoints.probe import ANY_MODEL, probe
        from semtel_ops.errors import SemtelError

        try:
            settings = endpoint_settings(find_connection(self.conn_id))
            settings["name"] = "connection"  # Airflow tests a form under a generated id
            settings["model"] = settings.get("model") or ANY_MODEL
            if not settings["base_url"]:
                return False, "Base URL is empty; enter a URL such as https://api.openai.com/v1"
            key = None if settings.get("auth") == "entra" else self.get_conn().api_key
            endpoint = endpoint_from_settings(settings, api_key=key, where="connection")
            return asyncio.run(probe(endpoint, timeout_s=TEST_TIMEOUT_S))
        except SemtelError as error:
            return False, str(error)
        except Exception as error:  # noqa: BLE001 - Airflow would show any error's text, which may quote a header
            return False, f"The test failed with {type(error).__name__}"

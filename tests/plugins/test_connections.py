import json

import pytest
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from semtel_airflow.connections import endpoint_settings, find_connection, resolve_connection
from semtel_ops.errors import ConfigError


@pytest.fixture
def known(monkeypatch):
    """Airflow knows exactly the connection it is given."""

    def know(**fields):
        connection = Connection(conn_id="east", **{"conn_type": "openai", **fields})

        def get(conn_id):
            if conn_id != "east":
                raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
            return connection

        monkeypatch.setattr(Connection, "get", staticmethod(get))

    return know


def test_the_password_is_the_key_and_the_host_may_be_a_whole_url(known):
    known(host="https://gateway.example/v1", password="sk-1")
    assert resolve_connection("east") == ("https://gateway.example/v1", "sk-1")


def test_a_host_in_pieces_is_put_together(known):
    known(host="localhost", port=8000, schema="http")
    assert resolve_connection("east") == ("http://localhost:8000", None)


def test_a_bare_host_is_asked_over_https(known):
    known(host="gateway.example", password="")
    assert resolve_connection("east") == ("https://gateway.example", None)


def test_a_connection_may_hold_only_a_key(known):
    known(password="sk-1")
    assert resolve_connection("east") == (None, "sk-1")


def test_a_key_pasted_with_its_line_end_is_the_key(known):
    known(password="sk-1\n")
    assert resolve_connection("east") == (None, "sk-1")


def test_our_own_type_also_says_how_the_endpoint_is_used(known):
    form = {"kind": "azure", "deployment": " weekly ", "api_version": "2024-10-21", "model": "", "other": 1}
    known(conn_type="semtel_endpoint", host="https://x.openai.azure.com", password="sk-1", extra=json.dumps(form))
    settings = {"name": "east", "base_url": "https://x.openai.azure.com", "kind": "azure", "deployment": "weekly"}
    assert endpoint_settings(find_connection("east")) == {**settings, "api_version": "2024-10-21", "model": ""}


@pytest.mark.parametrize("conn_type", ["generic", "http", "openai"])
def test_the_extras_of_other_types_mean_something_else(known, conn_type):
    known(conn_type=conn_type, host="https://gateway.example/v1", password="sk-1", extra='{"kind": "azure", "auth": "entra"}')
    assert resolve_connection("east") == ("https://gateway.example/v1", "sk-1")
    assert endpoint_settings(find_connection("east")) == {"name": "east", "base_url": "https://gateway.example/v1"}


def test_an_unknown_connection_is_a_setting_that_is_wrong(known):
    known()
    with pytest.raises(ConfigError, match=r"conn_id: 'west' is not a connection"):
        resolve_connection("west")

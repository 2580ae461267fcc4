"""The *Test* button of a connection, pressed as Airflow's API presses it."""

import pytest
from airflow.models.connection import Connection

from semtel_airflow.hooks import EndpointHook
from semtel_ops.endpoints import probe as probing
from semtel_ops.errors import ConfigError
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

pytestmark = pytest.mark.airflow

KEY = "sk-very/secret:0123@456"


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig.model_validate({"api_keys": [KEY]})) as running:
        yield running


@pytest.fixture
def press_test(monkeypatch):
    """What the API's `POST /connections/test` does with a form: an environment variable of a made-up name, then the hook."""

    def press(**fields):
        connection = Connection(conn_id="made_up", conn_type="semtel_endpoint", **fields)
        monkeypatch.setenv("AIRFLOW_CONN_MADE_UP", connection.get_uri())
        return connection.test_connection()

    return press


def test_an_endpoint_that_answers(press_test, endpoint):
    ok, message = press_test(host=endpoint.base_url, password=KEY, extra='{"kind": "openai", "model": "simulated-small"}')
    assert (ok, message) == (True, f"{endpoint.base_url} answers and offers simulated-small")


def test_an_azure_deployment(press_test, endpoint):
    extra = '{"kind": "azure", "deployment": "weekly", "api_version": "2024-10-21"}'
    ok, message = press_test(host=endpoint.azure_url, password=KEY, extra=extra)
    assert ok, message


def test_a_key_that_is_not_accepted_is_not_shown(press_test, endpoint):
    ok, message = press_test(host=endpoint.base_url, password="sk-wrong-0123456789")
    assert (ok, message) == (False, f"{endpoint.base_url} does not accept the API key (HTTP 401)")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Base URL is empty; enter a URL such as https://api.openai.com/v1"),
        ({"host": "https://x", "extra": '{"kind": "azure"}'}, "deployment: None must be given"),
        ({"host": "https://x", "extra": '{"kind": "anthropic"}'}, "kind: 'anthropic'"),
    ],
)
def test_a_form_that_cannot_work_is_said_without_asking(press_test, fields, said):
    ok, message = press_test(password=KEY, **fields)
    assert not ok
    assert said in message
    assert KEY not in message
    assert "\n" not in message


def test_what_nobody_thought_of_shows_its_kind_alone(press_test, endpoint, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError(f"header with {KEY}")

    monkeypatch.setattr(probing, "probe", fail)
    assert press_test(host=endpoint.base_url, password=KEY) == (False, "The test failed with RuntimeError")


def test_a_key_pasted_with_its_line_end_works(press_test, endpoint):
    assert press_test(host=endpoint.base_url, password=f"{KEY}\n")[0]


def test_a_connection_that_is_not_there_is_a_setting_that_is_wrong():
    with pytest.raises(ConfigError, match="'nowhere' is not a connection"):
        EndpointHook("nowhere").get_conn()

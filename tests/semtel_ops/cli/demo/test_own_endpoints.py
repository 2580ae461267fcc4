"""Endpoints that a person gives the demo are tested before anything starts, and what may be charged is said."""

import io

import pytest
import yaml
from rich.console import Console

from semtel_ops.cli.demo import demo
from semtel_ops.cli.demo.own_endpoints import DEFAULT_BUDGET_USD, own_endpoints
from semtel_ops.cli.demo.ports import free_port
from semtel_ops.cli.demo.run import DemoOptions, run_demo
from semtel_ops.errors import ConfigError, SemtelError
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

KEY = "sk-of-the-demo-test"
FREE = {"input_per_million": 0, "output_per_million": 0}


@pytest.fixture(scope="module")
def base_url():
    with simulated_endpoint(SimulatorConfig.model_validate({"api_keys": [KEY]})) as endpoint:
        yield endpoint.base_url


@pytest.fixture
def checked(base_url, tmp_path, monkeypatch):
    """Checks an endpoints.yaml with one entry, which by default is the simulator, free of charge."""
    monkeypatch.setenv("SEMTEL_DEMO_KEY", KEY)

    def checked(*entries, **options):
        sound = {
            "name": "mine",
            "base_url": base_url,
            "model": "simulated-small",
            "price": FREE,
            "api_key_env": "SEMTEL_DEMO_KEY",
        }
        file = tmp_path / "my.yaml"
        file.write_text(yaml.safe_dump({"endpoints": [sound | entry for entry in entries or [{}]]}), encoding="utf-8")
        return own_endpoints(str(file), **options)

    return checked


def test_a_sound_file_says_where_conversations_are_sent(checked, base_url):
    found = checked()
    assert found.file.is_absolute()
    assert found.places == (f"mine: simulated-small at {base_url.split('/')[2]}",)
    assert found.key_variables == {"SEMTEL_DEMO_KEY"}


def test_without_charge_no_limit_applies(checked):
    found = checked()
    assert found.budget_usd is None
    assert "Nothing is charged" in found.spending


def test_a_model_that_costs_money_has_a_limit_unless_another_is_given(checked):
    priced = {"price": {"input_per_million": 0.15, "output_per_million": 0.6}}
    assert checked(priced).budget_usd == DEFAULT_BUDGET_USD
    assert "At most $1.00" in checked(priced).spending
    assert checked(priced, budget_usd=0.25).budget_usd == 0.25


def test_the_price_of_a_known_model_needs_no_setting(checked):
    assert checked({"model": "gpt-4o-mini", "price": None}).budget_usd == DEFAULT_BUDGET_USD


def test_an_unknown_price_is_said_and_cannot_be_limited(checked):
    unpriced = {"price": None}
    assert checked(unpriced).budget_usd is None
    assert "No price is known for mine" in checked(unpriced).spending
    with pytest.raises(ConfigError, match=r"--budget-usd.*price"):
        checked(unpriced, budget_usd=1.0)


def test_a_key_that_is_not_set_is_named(checked):
    with pytest.raises(ConfigError, match=r"MY_MISSING_KEY.*not set"):
        checked({"api_key_env": "MY_MISSING_KEY"})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no\.yaml"):
        own_endpoints(str(tmp_path / "no.yaml"))


def test_every_endpoint_that_does_not_answer_is_named(checked, monkeypatch):
    monkeypatch.setenv("WRONG_KEY", "sk-of-somebody-else")
    nowhere = {"name": "nowhere", "base_url": f"http://127.0.0.1:{free_port(18_900)}/v1"}
    with pytest.raises(SemtelError) as refused:
        checked({}, nowhere, {"name": "locked", "api_key_env": "WRONG_KEY"})
    told = str(refused.value)
    assert "nothing was started" in told
    assert "endpoint nowhere: " in told
    assert "endpoint locked: " in told
    assert "does not accept the API key" in told
    assert "mine" not in told
    assert "somebody" not in told


def test_a_deployment_for_batches_alone_is_not_asked(checked):
    found = checked({"name": "batches", "base_url": f"http://127.0.0.1:{free_port(18_900)}/v1", "lanes": ["batch"]})
    assert found.places[0].startswith("batches: ")


def test_a_demo_on_an_endpoint_that_does_not_answer_starts_nothing(tmp_path):
    file = tmp_path / "my.yaml"
    nowhere = {"name": "nowhere", "base_url": f"http://127.0.0.1:{free_port(18_900)}/v1", "model": "m", "price": FREE}
    file.write_text(yaml.safe_dump({"endpoints": [nowhere]}), encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(SemtelError, match="endpoint nowhere"):
        run_demo(DemoOptions(endpoints=str(file), folder=str(tmp_path / "demo")), Console(file=out, width=140))
    assert not (tmp_path / "demo").exists()


def test_a_limit_without_endpoints_is_refused():
    with pytest.raises(ConfigError, match=r"--budget-usd.*--endpoints"):
        demo.main(["--budget-usd", "1"], standalone_mode=False)

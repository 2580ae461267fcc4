"""endpoints.yaml: what is wrong is named in one line, and keys are never shown."""

from pathlib import Path

import pytest

from semtel_ops.endpoints import load_endpoints, load_models
from semtel_ops.endpoints.catalog import (
    ConnectionFields,
    EndpointsFile,
    ModelsFile,
    endpoint_from_settings,
    known_model,
)
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.model import Price
from semtel_ops.endpoints.reasoning import UNSET
from semtel_ops.endpoints.retirement import retirements
from semtel_ops.errors import ConfigError
from semtel_ops.settings import Settings, load_yaml
from semtel_ops.words import ReasoningEffort

MODELS = load_models(Path(Settings().include) / "config" / "models.yaml")


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "endpoints.yaml"
    path.write_text(text)
    return path


def test_a_key_comes_from_the_environment_and_is_not_shown(tmp_path: Path) -> None:
    path = write(tmp_path, "endpoints: [{name: a, base_url: 'https://x/v1/', model: gpt-4o-mini, api_key_env: KEY}]")
    (endpoint,) = load_endpoints(path, models=MODELS, environ={"KEY": "sk-very-secret"})
    assert endpoint.api_key == "sk-very-secret"
    assert "secret" not in repr(endpoint)
    assert endpoint.base_url == "https://x/v1"


def test_prices_of_known_models_are_filled_in_and_given_ones_win(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
endpoints:
  - {name: a, base_url: 'http://x', model: gpt-4o-mini-2024-07-18}
  - {name: b, base_url: 'http://x', model: gpt-4o-mini, price: {input_per_million: 9, output_per_million: 9}}
  - {name: c, base_url: 'http://x', model: home-grown}
""",
    )
    a, b, c = load_endpoints(path, models=MODELS)
    assert a.price is not None
    assert a.price.input_per_million == 0.15
    assert b.price is not None
    assert b.price.input_per_million == 9
    assert c.price is None


def test_a_model_is_known_by_its_name_or_as_a_dated_version_of_it() -> None:
    assert known_model(MODELS, "gpt-4o-mini") is not known_model(MODELS, "gpt-4o")
    assert known_model(MODELS, "gpt-4o-mini-2024-07-18") is known_model(MODELS, "gpt-4o-mini")
    assert known_model(MODELS, "gpt-4") is None
    for other in ("gpt-5-micro", "gpt-5.6-ultra", "gpt-5.7", "gpt-5-chat", "gpt-5x", "gpt-5-", "o3-pro", "my-gpt-5"):
        assert known_model(MODELS, other) is None, other
    assert known_model(MODELS, "gpt-5.6-luna") is not known_model(MODELS, "gpt-5")


def test_what_an_endpoint_says_of_effort_counts_before_its_model(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
endpoints:
  - {name: a, base_url: 'http://x', model: gpt-6-luna}
  - {name: b, base_url: 'http://x', model: gpt-6-luna, reasoning_effort: low, reasoning_headroom: {low: 900}}
  - {name: c, base_url: 'http://x', model: home-grown}
""",
    )
    models = {**MODELS, "gpt-6-luna": MODELS["gpt-6-luna"].model_copy(update={"reasoning_headroom": {"low": 5, "high": 6}})}
    a, b, c = (endpoint.reasoning for endpoint in load_endpoints(path, models=models))
    assert (a.effort, a.room_tokens(ReasoningEffort.LOW)) == (ReasoningEffort.NONE, 5)
    assert (b.effort, b.room_tokens(None), b.room_tokens(ReasoningEffort.HIGH)) == (ReasoningEffort.LOW, 900, 6)
    assert c == UNSET


def test_lanes_of_a_known_model_have_its_discounts(tmp_path: Path) -> None:
    path = write(tmp_path, "endpoints: [{name: a, base_url: 'http://x', model: gpt-6.2-sol}]")
    (endpoint,) = load_endpoints(path, models=MODELS)
    assert endpoint.price == Price(2.0, 10.0, 0.5, 1.0)


def test_a_model_without_a_price_in_models_yaml_costs_unknown(tmp_path: Path) -> None:
    path = write(tmp_path, "endpoints: [{name: a, base_url: 'http://x', model: gpt-5.6-sol}]")
    assert load_endpoints(path, models=MODELS)[0].price is None


def test_the_example_does_not_name_a_model_that_goes_away() -> None:
    """A year after the facts were checked, the example still works as far as anyone knows."""
    include = Path(Settings().include) / "config"
    file = load_yaml(include / "models.yaml", ModelsFile)
    assert file.checked_on is not None
    endpoints = load_yaml(include / "endpoints.yaml", EndpointsFile).endpoints
    assert retirements(endpoints, file.models, {}, file.checked_on) == []
    assert all(known.successor in file.models for known in file.models.values() if known.successor)


def test_a_connection_gives_host_and_key(tmp_path: Path) -> None:
    path = write(tmp_path, "endpoints: [{name: a, model: m, conn_id: east}]")
    (endpoint,) = load_endpoints(path, resolve_connection=lambda _: ConnectionFields("https://host/v1", "k"))
    assert (endpoint.base_url, endpoint.api_key) == ("https://host/v1", "k")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("endpoints: []", "endpoints"),
        ("endpoints: [{name: a, base_url: ftp://x, model: m}]", "http"),
        ("endpoints: [{name: a, model: m}]", "base_url"),
        ("endpoints: [{name: a, base_url: 'http://x', model: m, modle: m}]", "did you mean model"),
        ("endpoints: [{name: a, base_url: 'http://x', model: m, kind: azure}]", "deployment"),
        ("endpoints: [{name: a, base_url: 'http://x', model: m, deployment: d}]", "azure"),
        ("endpoints: [{name: a, base_url: 'http://x', model: m}, {name: a, base_url: 'http://x', model: m}]", "unique"),
        ("endpoints: [{name: a, base_url: 'http://x', model: m, api_key_env: NOT_SET}]", "NOT_SET"),
        ("endpoints: [{name: a, base_url: 'http://x', model: m, conn_id: c}]", "Airflow connection"),
        ("endpoints: [", "YAML"),
        ("- a", "mapping"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_the_fix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        load_endpoints(write(tmp_path, text), environ={})
    assert "\n" not in str(caught.value)


def test_settings_held_elsewhere_follow_the_same_rules() -> None:
    settings = {"name": "a", "base_url": "https://x/", "model": "m", "kind": "azure", "deployment": "d", "api_version": ""}
    with pytest.raises(ConfigError, match=r"connection east: .*api_version"):
        endpoint_from_settings(settings, api_key="sk-very-secret", where="connection east")
    settings["api_version"] = "2024-10-21"
    endpoint = endpoint_from_settings(settings, api_key="sk-very-secret", where="connection east")
    assert (endpoint.base_url, endpoint.model, endpoint.api_key) == ("https://x", "m", "sk-very-secret")
    assert endpoint_from_settings(settings, api_key=None, where="connection east").api_key is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_endpoints(tmp_path / "nowhere.yaml")


def test_the_shipped_example_is_right() -> None:
    path = Path(Settings().include) / "config" / "endpoints.yaml"
    assert [endpoint.name for endpoint in load_endpoints(path, environ={"OPENAI_API_KEY": "k"})] == ["openai"]


def test_an_api_version_needs_no_quotes(tmp_path: Path) -> None:
    azure = "name: a, kind: azure, base_url: 'https://x', model: m, deployment: d"
    path = write(tmp_path, f"endpoints: [{{{azure}, api_version: 2024-10-21}}]")
    assert AzureOptions.of(load_endpoints(path)[0]).api_version == "2024-10-21"

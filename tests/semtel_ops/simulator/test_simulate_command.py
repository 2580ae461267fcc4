import pytest
import yaml
from click.testing import CliRunner

import semtel_ops.simulator
from semtel_ops.cli.simulate import simulate
from semtel_ops.endpoints import load_endpoints
from semtel_ops.errors import ConfigError
from semtel_ops.simulator import Fault, address_of


@pytest.fixture
def served(monkeypatch):
    """What the command would serve; nothing is served, the address is announced."""
    found = []

    def serve(config, held, announce):
        announce(address_of(held))
        held.close()
        found.append(config)

    monkeypatch.setattr(semtel_ops.simulator, "serve", serve)
    return found


def run(*arguments):
    return CliRunner().invoke(simulate, ["--port", "0", *arguments], catch_exceptions=True)


def test_it_prints_an_address_and_an_endpoints_file_that_loads(served, tmp_path):
    output = run().output
    address = output.splitlines()[0].removeprefix("listening on ")
    assert address.startswith("http://127.0.0.1:")
    path = tmp_path / "endpoints.yaml"
    path.write_text(output.partition("\n")[2].partition("# Statistics")[0])
    assert yaml.safe_load(path.read_text())["endpoints"][0]["base_url"] == address
    (endpoint,) = load_endpoints(path)
    assert (endpoint.base_url, endpoint.model) == (address, "simulated-small")


def test_options_are_laid_over_the_file(served, tmp_path):
    path = tmp_path / "simulator.yaml"
    path.write_text("quota: {rpm: 10, tpm: 20}\nfaults: {reset: 0.1}\n")
    result = run("--config", str(path), "--rpm", "99", "--fault", "429=0.2", "--latency-ms", "5", "--slots", "3", "--seed", "8")
    assert result.exit_code == 0, result.output
    (config,) = served
    assert (config.quota.rpm, config.quota.tpm, config.seed) == (99, 20, 8)
    assert (config.latency.base_ms, config.capacity.slots) == (5, 3)
    assert config.faults == {Fault.RESET: 0.1, Fault.TOO_MANY: 0.2}


@pytest.mark.parametrize(("fault", "says"), [("429=2", "less than or equal to 1"), ("nonsense=0.1", "wrong_label")])
def test_a_wrong_fault_is_refused_with_what_would_be_right(served, fault, says):
    error = run("--fault", fault).exception
    assert isinstance(error, ConfigError)
    assert says in str(error)


def test_a_fault_without_a_rate_is_wrong_usage(served):
    result = run("--fault", "429")
    assert (result.exit_code, served) == (2, [])
    assert "429=0.05" in result.output


def test_a_missing_file_is_named(served):
    assert "nowhere.yaml" in str(run("--config", "nowhere.yaml").exception)

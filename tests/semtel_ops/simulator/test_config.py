from pathlib import Path

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.settings import load_yaml, parse_config
from semtel_ops.simulator import Fault, SimulatorConfig

CONFIG = Path(__file__).parents[3] / "include" / "config"


def test_the_shipped_examples_are_valid():
    assert load_yaml(CONFIG / "simulator.yaml", SimulatorConfig).models["simulated-batch"].batch_only
    assert load_yaml(CONFIG / "simulator-noisy.yaml", SimulatorConfig).labels.noise_per_classifier > 0


def test_a_status_without_quotes_is_a_fault(tmp_path):
    path = tmp_path / "simulator.yaml"
    path.write_text("faults: {429: 0.1}\nbatch: {faults: {500: 0.2}}\n")
    config = load_yaml(path, SimulatorConfig)
    assert config.faults == {Fault.TOO_MANY: 0.1}
    assert config.batch.faults == {Fault.SERVER_ERROR: 0.2}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"faults": {"429": 0.7, "500": 0.7}}, "at most one fault"),
        ({"faults": {"nonsense": 0.1}}, "wrong_label"),
        ({"batch": {"faults": {"reset": 0.1}}}, "is not a fault of a line"),
        ({"batch": {"call_faults": {"near_miss": 0.1}}}, "is not a fault of a call"),
        ({"latencies": {}}, "did you mean latency"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(data, says):
    with pytest.raises(ConfigError, match=says):
        parse_config(data, SimulatorConfig, where="simulator.yaml")


def test_a_patch_merges_sections_and_replaces_faults():
    config = SimulatorConfig(faults={Fault.RESET: 0.5}).changed({"quota": {"rpm": 5}, "faults": {"500": 0.1}})
    config = config.changed({"quota": {"tpm": 100}})
    assert (config.quota.rpm, config.quota.tpm) == (5, 100)
    assert config.faults == {Fault.SERVER_ERROR: 0.1}


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ({"confusion": {"topic": {"a": {"a": 0.1}}}}, "leave a out"),
        ({"confusion": {"topic": {"a": {"b": 0.6, "c": 0.6}}}}, "add up to 1.2"),
        ({"prompt_effects": [{"classifier": "topic", "when": "longer", "words": 3, "factor": 0.5}]}, "no confusion of topic"),
        ({"serves": [{"model": "nobody"}]}, "nobody is not among models"),
        ({"serves": [{"model": "simulated-alias"}]}, "is an alias itself"),
        ({"serves": [{"model": "m", "since": "2026-01-01", "after_s": 3}]}, "exclude one another"),
        ({"reasoning": {"default": "huge"}}, "huge is not among tokens"),
    ],
)
def test_what_cannot_be_planted_is_refused_in_one_line(model, says):
    models = {"m": {}, "simulated-alias": {"serves": [{"model": "m"}]}, "simulated-x": model}
    with pytest.raises(ConfigError, match=says):
        parse_config({"models": models}, SimulatorConfig, where="simulator.yaml")


@pytest.mark.parametrize(
    ("effect", "says"),
    [
        ({"when": "boundary", "labels": ["a"]}, "boundary needs two labels"),
        ({"when": "longer"}, "longer needs words"),
        ({"when": "mentions"}, "mentions needs any_of"),
        ({"when": "sometimes"}, "boundary"),
    ],
)
def test_an_incomplete_effect_is_refused(effect, says):
    own = {"confusion": {"topic": {"a": {"b": 0.1}}}, "prompt_effects": [{"classifier": "topic", **effect, "factor": 0.5}]}
    with pytest.raises(ConfigError, match=says):
        parse_config({"models": {"m": own}}, SimulatorConfig, where="simulator.yaml")


def test_truth_needs_labels():
    with pytest.raises(ConfigError, match="topic has no labels"):
        parse_config({"truth": {"topic": {}}}, SimulatorConfig, where="simulator.yaml")

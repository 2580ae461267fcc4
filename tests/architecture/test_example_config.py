"""The example files in include/config say what is so: their comments are the defaults of the settings they explain."""

import re
from pathlib import Path

import yaml

from semtel_ops.experiments import ExperimentConfig
from semtel_ops.settings import PipelineConfig

CONFIG = Path(__file__).resolve().parents[2] / "include" / "config"
EXAMPLES = {"source.paths", "source.sql", "alerts.channels"}  # have no default that would explain anything


class OnlyOnce(yaml.SafeLoader):
    """Refuses a key that stands there twice: uncommented, the second would silently win."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"twice: {keys}"
        return super().construct_mapping(node, deep)


def uncommented(name: str, begin: str, until: str) -> dict:
    """The commented lines of a file, from the first that begins so until another, as YAML."""
    lines = (CONFIG / name).read_text(encoding="utf-8").split(begin, 1)[1].split(until, 1)[0]
    return yaml.load(re.sub(r"^# ?", "", f"{begin}{lines}", flags=re.MULTILINE), OnlyOnce)


def differing(shown: dict, default: dict, place: str = "") -> list[str]:
    """Names of settings that are shown with another value than their default."""
    found = []
    for name, value in shown.items():
        here = f"{place}{name}"
        if here in EXAMPLES:
            continue
        if isinstance(value, dict) and isinstance(default[name], dict):
            found += differing(value, default[name], f"{here}.")
        elif value != default[name]:
            found.append(here)
    return found


def test_pipeline_yaml_shows_every_section_once_with_the_values_it_has_anyway():
    shown = uncommented("pipeline.yaml", "# source:", "\nsource:")
    shown["source"].pop("sql")  # instead of paths
    assert set(shown) == set(PipelineConfig.model_fields)
    checked = PipelineConfig.model_validate(shown).model_dump(mode="json", exclude_unset=True)
    assert differing(checked, PipelineConfig().model_dump(mode="json")) == []


def test_experiment_yaml_shows_the_values_an_experiment_has_anyway():
    shown = uncommented("experiment.yaml", "# sample:", "\ngrid:")
    assert {*shown, "grid"} == set(ExperimentConfig.model_fields)
    grid = yaml.safe_load((CONFIG / "experiment.yaml").read_text(encoding="utf-8"))
    checked = ExperimentConfig.model_validate({**shown, **grid}).model_dump(mode="json", exclude_unset=True)
    assert differing(checked, ExperimentConfig().model_dump(mode="json")) == []

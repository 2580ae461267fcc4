"""A file is recognised by the schema it names, its name, or its keys."""

import pytest

from semtel_ops.configuration import config_file, kind_of
from semtel_ops.errors import ConfigError


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("pipeline.yaml", "", "pipeline"),
        ("pipeline-weekly.yaml", "wrong: 1", "pipeline"),
        ("endpoints.simulator.yaml", "endpoints: []", "endpoints"),
        ("mine.yaml", "# yaml-language-server: $schema=a/b/simulator.schema.json\nseed: 1", "simulator"),
        ("pipeline.yaml", "# yaml-language-server: $schema=experiment.schema.json\n", "experiment"),
        ("mine.yaml", "endpoints: [1]", "endpoints"),
        ("mine.yaml", "lane: auto", "pipeline"),
        ("mine.yaml", "grid: {}\nrepeats: 3", "experiment"),
        ("anything.prompty", "not even YAML: [", "prompt"),
    ],
)
def test_a_file_is_recognised(tmp_path, name, text, kind):
    assert kind_of(written(tmp_path, name, text)).kind == kind


@pytest.mark.parametrize("text", ["", "unknown: 1", "- a", "models: {}", "batch: {}"])
def test_a_file_that_could_be_several_kinds_or_none_is_an_error(tmp_path, text):
    with pytest.raises(ConfigError, match="yaml-language-server"):
        kind_of(written(tmp_path, "mine.yaml", text))


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(ConfigError, match="known: pipeline, endpoints, models, experiment, prompt, simulator"):
        config_file("pipelines")

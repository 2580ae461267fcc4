"""The committed schemas are those of the models, accept what ships, and refuse what the models refuse."""

import copy
import json
import re
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from semtel_ops.configuration import CONFIG_FILES, config_file, kind_of, schema_of, write_schemas
from semtel_ops.configuration.schema import COMMAND, schema_text
from semtel_ops.prompts import load_prompty

INCLUDE = Path(__file__).resolve().parents[3] / "include"
SHIPPED = sorted([*INCLUDE.glob("config/*.yaml"), *INCLUDE.glob("prompts/*.prompty")])


def data_of(path: Path):
    """A file as an editor sees it: what JSON can say."""
    if path.suffix == ".prompty":
        return load_prompty(path).frontmatter.data
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=date.isoformat))


def validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema_of(config_file(kind)))


@pytest.mark.parametrize("file", CONFIG_FILES, ids=lambda file: file.kind)
def test_the_committed_schema_is_what_the_models_say(file):
    path = INCLUDE / "schemas" / file.schema_name
    assert path.read_text(encoding="utf-8") == schema_text(file), f"run `{COMMAND}` and commit the result"


@pytest.mark.parametrize("file", CONFIG_FILES, ids=lambda file: file.kind)
def test_a_schema_is_valid_itself(file):
    jsonschema.Draft202012Validator.check_schema(schema_of(file))


def test_no_other_schemas_are_committed():
    assert {path.name for path in (INCLUDE / "schemas").iterdir()} == {file.schema_name for file in CONFIG_FILES}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_fits_its_schema_and_its_model(path):
    file = kind_of(path)
    data = data_of(path)
    assert list(validator(file.kind).iter_errors(data)) == []
    file.model.model_validate(data)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_names_its_schema_by_a_path_that_works_in_a_clone(path):
    named = re.search(r"^# yaml-language-server: \$schema=(\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert named, f"{path.name} has no schema comment"
    assert (path.parent / named[1]).resolve() == INCLUDE / "schemas" / kind_of(path).schema_name


GOOD = {
    "pipeline": {"sample": {"count": 5}, "source": {"sql": {"url_env": "CHATS", "table": "chats"}}},
    "endpoints": {"endpoints": [{"name": "a", "model": "m", "base_url": "https://a/v1", "lanes": ["batch"]}]},
    "models": {"models": {"m": {"input_per_million": 1, "output_per_million": 2, "context": 3}}},
    "experiment": {"grid": {"pack": [1, 50]}, "floor": -0.5},
    "prompt": data_of(INCLUDE / "prompts" / "topic.prompty"),
    "simulator": {"faults": {"429": 0.5}, "models": {"m": {"noise": 0.1}}, "response_formats": ["json_object"]},
}

BAD = [
    ("pipeline", "sample.rate", 0),
    ("pipeline", "sample.rate", 1.5),
    ("pipeline", "sample.count", "many"),
    ("pipeline", "lane", "fast"),
    ("pipeline", "lanes", "auto"),
    ("pipeline", "tokens", {"truncation": "front"}),
    ("pipeline", "source.sql.query", "select 1"),
    ("pipeline", "source.sql.url_env", "postgresql://user:password@host"),
    ("pipeline", "quality", {"truncated_share": {"severity": "panic"}}),
    ("pipeline", "alerts", {"channels": [{"kind": "fax", "conn_id": "a"}]}),
    ("endpoints", "endpoints", []),
    ("endpoints", "endpoints.0.lanes", []),
    ("endpoints", "endpoints.0.kind", "azure"),
    ("endpoints", "endpoints.0.base_url", None),
    ("endpoints", "endpoints.0.api_key", "sk-1"),
    ("endpoints", "endpoints.0.price", {"input_per_million": -1, "output_per_million": 1}),
    ("models", "models.m.context", 0),
    ("experiment", "grid.pack", [51]),
    ("experiment", "repeats", 11),
    ("prompt", "name", "Topic"),
    ("prompt", "metadata.kind", "one"),
    ("prompt", "metadata.labels", []),
    ("prompt", "model.options.temperature", 3),
    ("simulator", "faults", {"404": 0.5}),
    ("simulator", "batch", {"stalls_at": 2}),
]


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_file_is_accepted_by_both(kind):
    assert list(validator(kind).iter_errors(GOOD[kind])) == []
    config_file(kind).model.model_validate(GOOD[kind])


@pytest.mark.parametrize(("kind", "place", "value"), BAD)
def test_a_bad_value_is_refused_by_both(kind, place, value):
    data = copy.deepcopy(GOOD[kind])
    *parents, last = place.split(".")
    within = data
    for key in parents:
        within = within[int(key)] if isinstance(within, list) else within.setdefault(key, {})
    within[last] = value
    if value is None:
        del within[last]
    assert list(validator(kind).iter_errors(data)) != []
    with pytest.raises(ValidationError):
        config_file(kind).model.model_validate(data)


def properties(schema):
    """Every (name, property) anywhere in a schema."""
    for definition in [schema, *schema.get("$defs", {}).values()]:
        yield from definition.get("properties", {}).items()


@pytest.mark.parametrize("file", CONFIG_FILES, ids=lambda file: file.kind)
def test_every_property_has_a_title_and_a_description(file):
    without = [name for name, own in properties(schema_of(file)) if not own.get("description")]
    untitled = [name for name, own in properties(schema_of(file)) if not own.get("title")]
    assert without == []
    assert untitled == []


def test_defaults_units_examples_and_the_meaning_of_values_are_there():
    schema = schema_of(config_file("pipeline"))
    assert schema["$defs"]["RealtimeConfig"]["properties"]["timeout_s"]["x-unit"] == "seconds"
    assert schema["$defs"]["RealtimeConfig"]["properties"]["timeout_s"]["title"] == "Timeout"
    assert schema["$defs"]["TokensConfig"]["properties"]["max_per_conversation"]["default"] == 3000
    assert schema["properties"]["budget_usd"]["examples"] == [25.0]
    assert schema["$defs"]["TokensConfig"]["properties"]["truncation"]["enumDescriptions"][0] == "The beginning."
    assert schema["$defs"]["Severity"]["enumDescriptions"][0] == "The check is not run."
    assert schema["$defs"]["QualityConfig"]["properties"]["truncated_share"]["default"] == {"severity": "warn", "limit": 0.25}
    assert "default" not in schema["properties"]["sample"]  # its own settings have defaults


def test_schemas_can_be_written_anywhere(tmp_path):
    paths = write_schemas(tmp_path / "new" / "folder")
    assert [path.name for path in paths] == [file.schema_name for file in CONFIG_FILES]
    assert json.loads(paths[0].read_text(encoding="utf-8"))["title"] == "pipeline.yaml"

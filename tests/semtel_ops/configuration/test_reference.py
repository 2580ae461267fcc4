"""The reference page has every setting, and is what the models say."""

from pathlib import Path

from semtel_ops.configuration import CONFIG_FILES, config_file, reference_page
from semtel_ops.configuration.reference import COMMAND, describe
from semtel_ops.settings.environment import VARIABLES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "configuration.md"


def row(kind, name):
    return next(one for one in describe(config_file(kind)) if one.name == name)


def test_the_committed_page_is_what_the_models_say():
    assert PAGE.read_text(encoding="utf-8") == reference_page(), f"run `{COMMAND}` and commit the result"


def test_every_file_and_every_variable_has_its_place():
    page = reference_page()
    assert all(f"## {file.title}\n" in page for file in CONFIG_FILES)
    assert all(f"| `{variable}` |" in page for variable in VARIABLES.values())


def test_every_table_row_has_four_cells():
    page = reference_page().split("## pipeline.yaml")[1]
    rows = [line.replace("\\|", "") for line in page.splitlines() if line.startswith("|")]
    assert len(rows) > 150
    assert {line.count("|") for line in rows} == {5}


def test_what_a_setting_may_be_is_said_in_words():
    assert row("pipeline", "tokens.max_per_conversation").values == "integer, 16 to 1,000,000 (tokens)"
    assert row("pipeline", "sample.rate").values == "number, above 0 and at most 1"
    assert row("pipeline", "batch.settle_s").values == "number, 0 or more (seconds)"
    assert row("pipeline", "sample.deduplicate").values == "`true`, `false`"
    assert row("pipeline", "sample.strata").values == "list of `language`, `length`, `turns`"
    assert row("pipeline", "source.paths").values == "list of strings"
    assert row("endpoints", "endpoints").values == "list of sections"
    assert row("experiment", "grid.pack").values == "list of integers, 1 to 50 (conversations)"
    assert row("simulator", "faults").values == "mapping of names to numbers, 0 to 1"
    assert row("prompt", "template.format").values == "`jinja2` or section"


def test_what_must_be_given_has_no_default():
    assert row("endpoints", "endpoints[].model").default is None
    assert row("pipeline", "lane").default == "auto"
    assert row("pipeline", "budget_usd").default == "null"


def test_a_model_that_several_settings_have_is_described_once_where_it_is_nested_least():
    assert row("pipeline", "quality.non_success_share.limit").values == "number"
    assert row("pipeline", "quality.truncated_share").values == "as `quality.non_success_share`"
    assert row("simulator", "latency.base_ms").default == "0"
    assert row("simulator", "models.<name>.latency").values == "as `latency`"
    assert row("simulator", "batch.faults").values == "as `faults`"
    assert row("simulator", "faults").choices[0] == ("429", "Rejected, with a `Retry-After` of a second or two.")
    assert row("simulator", "batch.faults").choices == ()

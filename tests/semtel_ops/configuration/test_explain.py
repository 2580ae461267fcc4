"""A configuration is explained in full: values, origins, errors and warnings, and never a secret."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from semtel_ops.configuration import Request, explain, look_up
from semtel_ops.errors import ConfigError
from semtel_ops.settings import PipelineConfig

INCLUDE = Path(__file__).resolve().parents[3] / "include"

PIPELINE = """\
# what we do
classifiers: [topic, user_intent]
tokens:
  max_per_conversation: 500
source:
  paths: ['https://me:hunter2@host/chats.jsonl?sig=hunter2']
alerts:
  channels:
    - {kind: slack, conn_id: slack_default}
    - kind: webhook
      url_env: HOOK_URL
budget_usd: 3
"""
ENDPOINTS = """\
endpoints:
  - name: east
    base_url: https://api.openai.com/v1
    model: gpt-4o-mini-2024-07-18
    api_key_env: EAST_KEY
    lanes: [realtime, batch]
  - name: west
    base_url: http://user:hunter2@localhost:8000/v1
    model: ours
    price: {input_per_million: 1, output_per_million: 2}
    limits: {max_concurrency: 7}
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with pipeline.yaml and endpoints.yaml, which is the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(pipeline=PIPELINE, endpoints=ENDPOINTS):
        Path("pipeline.yaml").write_text(pipeline, encoding="utf-8")
        Path("endpoints.yaml").write_text(endpoints, encoding="utf-8")
        return Request(config="pipeline.yaml", endpoints="endpoints.yaml", environ={"SEMTEL_INCLUDE": str(INCLUDE)})

    return write


def with_environ(request, **environ):
    return Request(
        request.files, request.config, request.endpoints, request.prompts, request.assignments, {**request.environ, **environ}
    )


def table(explanation):
    return {setting.name: (setting.value, str(setting.origin)) for setting in explanation.settings}


def test_every_setting_has_its_value_and_its_line_or_is_a_default(files):
    shown = table(explain(files()))
    assert shown["tokens.max_per_conversation"] == (500, "pipeline.yaml:4")
    assert shown["classifiers"] == (["topic", "user_intent"], "pipeline.yaml:2")
    assert shown["tokens.truncation"] == ("turns", "default")
    assert shown["alerts.channels.1.url_env"] == ("HOOK_URL", "pipeline.yaml:11")
    assert shown["alerts.channels.0.min_severity"] == ("warning", "default")
    assert shown["quality.truncated_share.limit"] == (0.25, "default")
    assert shown["endpoints.0.lanes"] == (["realtime", "batch"], "endpoints.yaml:6")


def test_no_setting_of_the_pipeline_is_left_out(files):
    def leaves(data, prefix=""):
        for key, value in data.items():
            yield from leaves(value, f"{prefix}{key}.") if isinstance(value, dict) and value else [f"{prefix}{key}"]

    names = set(table(explain(files(""))))
    assert set(leaves(PipelineConfig().model_dump(mode="json"))) <= names


def test_the_environment_says_which_variable_or_option_a_path_is_from(files):
    request = with_environ(
        files(), SEMTEL_LAKE="s3://key:hunter2@bucket/lake", DATABASE_URL="postgresql://me:hunter2@db/semtel"
    )
    shown = table(explain(request))
    assert shown["lake"] == ("s3://…@bucket/lake", "SEMTEL_LAKE")
    assert shown["database_url"] == ("postgresql://…@db/semtel", "DATABASE_URL")
    assert shown["pipeline"] == ("pipeline.yaml", "--config")
    assert shown["include"][1] == "SEMTEL_INCLUDE"
    assert shown["page_text"] == (False, "default")


def test_files_of_the_environment_are_explained_without_options(files):
    files()
    environ = {"SEMTEL_INCLUDE": str(INCLUDE), "SEMTEL_PIPELINE": "pipeline.yaml", "SEMTEL_ENDPOINTS": "endpoints.yaml"}
    shown = table(explain(Request(environ=environ)))
    assert shown["pipeline"] == ("pipeline.yaml", "SEMTEL_PIPELINE")
    assert shown["tokens.max_per_conversation"] == (500, "pipeline.yaml:4")


def test_an_option_is_laid_over_the_file(files):
    request = files()
    request = Request(
        (), request.config, request.endpoints, None, ("tokens.max_per_conversation=900", "lane=batch"), request.environ
    )
    shown = table(explain(request))
    assert shown["tokens.max_per_conversation"] == (900, "--set")
    assert shown["lane"] == ("batch", "--set")
    assert shown["classifiers"][1] == "pipeline.yaml:2"


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("lane", "must be NAME=VALUE"),
        ("lane=fast", "--set: lane: 'fast'"),
        ("tokens.max=5", "tokens.max: '…' is not a setting"),
        ("lane=[", "a value that is not YAML"),
    ],
)
def test_a_wrong_option_is_one_line(files, assignment, said):
    request = files()
    with pytest.raises(ConfigError, match=said.replace("[", r"\[")):
        explain(Request((), request.config, request.endpoints, None, (assignment,), request.environ))


def test_the_price_is_from_the_file_or_from_the_known_models(files):
    shown = table(explain(files()))
    assert shown["endpoints.0.price.input_per_million"][0] == 0.15
    place, _, line = shown["endpoints.0.price.input_per_million"][1].rpartition(":")
    assert Path(place).read_text(encoding="utf-8").splitlines()[int(line) - 1].strip().startswith("gpt-4o-mini:")
    assert shown["endpoints.0.price.batch_discount"] == (0.5, "default")
    assert shown["endpoints.1.price.output_per_million"] == (2.0, "endpoints.yaml:10")


def test_a_ceiling_that_an_endpoint_does_not_have_is_the_shared_one(files):
    shown = table(explain(files("realtime: {max_concurrency: 40}\n")))
    assert shown["endpoints.0.limits.max_concurrency"] == (40, "pipeline.yaml:1")
    assert shown["endpoints.1.limits.max_concurrency"] == (7, "endpoints.yaml:11")


def test_a_key_is_set_or_not_and_never_shown(files):
    request = with_environ(files(), EAST_KEY="sk-hunter2", HOOK_URL="https://hooks/hunter2")
    explanation = explain(request)
    shown = table(explanation)
    assert shown["endpoints.0.(API key)"] == ("set", "EAST_KEY")
    assert shown["endpoints.1.(API key)"] == ("none", "default")
    assert shown["alerts.channels.1.(address)"] == ("set", "HOOK_URL")
    assert shown["alerts.channels.0.(address)"] == ("in the Airflow connection slack_default", "default")
    assert "hunter2" not in json.dumps(explanation.as_json())
    without = explain(files())
    assert table(without)["endpoints.0.(API key)"] == ("not set", "EAST_KEY")
    assert [str(one) for one in without.warnings if "EAST_KEY" in one.message] == [
        "endpoints.yaml:5: endpoints.0.api_key_env names EAST_KEY, which is not set on this machine"
    ]
    assert without.errors == []


def test_classifiers_have_their_version_and_their_file(files):
    shown = table(explain(files()))
    assert shown["topic"][0]["kind"] == "one_of"
    assert shown["topic"][1].endswith("prompts/topic.prompty")


@pytest.mark.parametrize(
    ("pipeline", "endpoints", "said"),
    [
        ("lane: fast\n", ENDPOINTS, "pipeline.yaml:1: lane: 'fast' — Input should be 'auto', 'realtime', 'batch' or 'flex'"),
        ("\nlane: flex\n", ENDPOINTS, "pipeline.yaml:2: lane is flex, which no endpoint offers; use auto, realtime or batch"),
        ("classifiers: [topics]\n", ENDPOINTS, "pipeline.yaml:1: classifiers: 'topics' has no prompt file in"),
        (
            "scrub: {types: [emial]}\n",
            ENDPOINTS,
            "pipeline.yaml:1: scrub.types has 'emial', which is not a type; did you mean email?",
        ),
        (PIPELINE, "endpoints:\n  - {name: a, model: m}\n", "endpoints.yaml:2: endpoints.0: "),
        (PIPELINE, "endpoints: [\n", "endpoints.yaml: 'line 2' is not valid YAML"),
        (
            "budget_usd: 3\n",
            "endpoints:\n  - {name: a, model: mine, base_url: http://localhost/v1}\n",
            "pipeline.yaml:1: budget_usd needs a price for every endpoint; give `price` for a",
        ),
    ],
)
def test_what_stops_a_run_is_an_error_with_file_line_and_fix(files, pipeline, endpoints, said):
    explanation = explain(files(pipeline, endpoints))
    assert len(explanation.errors) == 1
    assert explanation.errors[0].startswith(said)
    assert explanation.as_json()["valid"] is False


def test_a_missing_folder_of_prompts_is_one_error(files):
    request = files("source: {paths: [s3://b/c]}\n")
    explanation = explain(Request((), request.config, request.endpoints, "nowhere", (), request.environ))
    assert explanation.errors == ["prompts: 'nowhere' is not a folder"]


def test_a_broken_prompt_is_an_error_with_its_own_line(files, tmp_path):
    (tmp_path / "topic.prompty").write_text("nothing\n", encoding="utf-8")
    request = files("classifiers: [topic]\n")
    explanation = explain(Request((), request.config, request.endpoints, str(tmp_path), (), request.environ))
    assert explanation.errors == ["topic.prompty:1: must start with a line `---` and the frontmatter"]


def test_aliases_and_files_that_contain_themselves_are_explained(files):
    explanation = explain(files("x: &x {severity: warn, limit: 0.2}\nquality: {truncated_share: *x}\n"))
    assert explanation.errors == [
        "pipeline.yaml:1: x: '…' is not a setting; known: " + ", ".join(sorted(PipelineConfig.model_fields))
    ]
    shared = "quality: {truncated_share: &x {severity: warn, limit: 0.2}, quarantined_share: *x}\n"
    assert table(explain(files(shared)))["quality.quarantined_share.limit"] == (0.2, "pipeline.yaml:1")
    assert len(explain(files(endpoints="endpoints: &a [*a]\n")).errors) == 1


def test_errors_of_all_files_are_found_at_once(files):
    explanation = explain(files("lane: fast\nsample: {rate: 2}\n", "endpoints:\n  - {name: a}\n"))
    # That base_url is missing, too, is only said of an endpoint that has all its fields.
    places = ["pipeline.yaml:1: lane", "pipeline.yaml:2: sample.rate", "endpoints.yaml:2: endpoints.0.model"]
    assert [line[: len(place)] for line, place in zip(explanation.errors, places, strict=True)] == places


def test_contradictions_are_warnings_with_the_line_of_what_was_written(files):
    explanation = explain(
        files("source: {paths: [s3://b/c]}\nsample:\n  strata: [turns]\nquality:\n  truncated_share: {severity: warn}\n")
    )
    said = [str(warning) for warning in explanation.warnings]
    assert "pipeline.yaml:3: sample.strata changes nothing without sample.count, which is divided among the strata" in said
    assert any(line.startswith("pipeline.yaml:5: quality.truncated_share.limit is not given") for line in said)
    assert explanation.errors == []


def test_a_key_given_twice_is_a_warning(files):
    said = [str(warning) for warning in explain(files("lane: auto\nsource: {paths: [s3://b/c]}\nlane: realtime\n")).warnings]
    assert "pipeline.yaml:3: lane is given twice, first on line 1; the later value applies" in said


def test_paths_that_match_nothing_are_a_warning(files, tmp_path):
    (tmp_path / "here.jsonl").touch()
    paths = "source: {paths: [here.jsonl, '*.jsonl', include/sample/conversations.jsonl.gz, gone/*.csv, s3://b/c]}\n"
    said = [warning.message for warning in explain(files(paths)).warnings if warning.setting == "source.paths"]
    assert said == ["entry 3 (gone/*.csv) matches no file on this machine"]


def test_without_a_pipeline_file_the_defaults_are_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "include" / "config").mkdir(parents=True)
    explanation = explain(Request(environ={"SEMTEL_INCLUDE": "include"}, prompts=str(INCLUDE / "prompts")))
    assert table(explanation)["lane"] == ("auto", "default")
    assert [line.partition(":")[0] for line in explanation.errors] == ["include/config/endpoints.yaml"]


def test_a_wrong_variable_of_the_environment_is_one_line():
    with pytest.raises(ConfigError, match="environment: page_text: 'perhaps'"):
        explain(Request(environ={"SEMTEL_PAGE_TEXT": "perhaps"}))


def test_files_are_explained_by_themselves():
    names = ["pipeline.yaml", "endpoints.yaml", "models.yaml", "experiment.yaml", "simulator.yaml"]
    paths = [str(INCLUDE / "config" / name) for name in names]
    prompts = [str(INCLUDE / "prompts" / name) for name in ("topic.prompty", "_grader.prompty")]
    explanation = explain(Request((*paths, *prompts), environ={"OPENAI_API_KEY": "x"}))
    assert explanation.errors == []
    titles = [section.title for section in explanation.sections]
    assert titles == ["models", "experiment", "simulator", "prompts", "pipeline", "endpoint openai", "classifiers"]
    shown = table(explanation)
    assert shown["models.gpt-4o.context"][0] == 128_000
    assert shown["_grader"][0] == {"version": "1.0.0", "shared": True}


def test_a_wrong_prompt_file_is_an_error_with_its_line(tmp_path):
    text = (INCLUDE / "prompts" / "topic.prompty").read_text(encoding="utf-8")
    path = tmp_path / "topic.prompty"
    path.write_text(text.replace("kind: one_of", "kind: any_of"), encoding="utf-8")
    explanation = explain(Request((str(path),), environ={}))
    line = 1 + text.splitlines().index("  kind: one_of")
    assert explanation.errors[0].startswith(f"{path}:{line}: metadata.kind: Input should be 'one_of'")


def test_endpoints_alone_are_checked_without_a_pipeline(files):
    request = files()
    explanation = explain(Request(("endpoints.yaml",), environ=request.environ))
    assert [section.title for section in explanation.sections] == ["endpoint east", "endpoint west"]
    assert all(warning.setting.startswith("endpoints.") for warning in explanation.warnings)


def test_one_setting_can_be_looked_up(files, monkeypatch):
    request = files()
    monkeypatch.setenv("SEMTEL_INCLUDE", str(INCLUDE))
    (found,) = look_up("tokens.max_per_conversation", request.config)
    assert found["value"] == 500
    assert found["from"] == "pipeline.yaml:4"
    assert found["default"] == "3000"
    assert found["values"] == "integer, 16 to 1,000,000 (tokens)"
    assert "Token budget" in found["description"]
    assert [one["setting"] for one in look_up("publish", request.config)] == ["publish.rows_to_sql", "publish.min_slice"]
    assert look_up("alerts.channels.1.kind", request.config)[0]["value"] == "webhook"
    with pytest.raises(ConfigError, match=r"did you mean tokens\.truncation"):
        look_up("tokens.trunkation", request.config)


def test_a_setting_of_a_wrong_file_cannot_be_looked_up(files, monkeypatch):
    request = files("lane: fast\n")
    monkeypatch.setenv("SEMTEL_INCLUDE", str(INCLUDE))
    with pytest.raises(ConfigError, match=r"lane: .*cannot be shown before this is corrected: pipeline\.yaml:1: lane"):
        look_up("lane", request.config)


SECRET = "CANARYsk0123456789abcdefXYZ"
ENTRY = "endpoints:\n  - name: a\n    base_url: https://h/v1\n    model: m\n"
ECHOES = {
    "inline key": ENTRY + f"    api_key: {SECRET}\n",
    "unknown key": ENTRY + "    apikei: plain-words\n",
    "unknown section": ENTRY + "    headers: {authorization: plain-words}\n",
    "unknown list": ENTRY + "    extra: [plain-words]\n",
    "key for its variable": ENTRY + f"    api_key_env: {SECRET}\n",
    "key for a kind": ENTRY + f"    kind: {SECRET}\n",
    "key for a number": ENTRY + f"    weight: {SECRET}\n",
    "key for a lane": ENTRY + f"    lanes: [{SECRET}]\n",
    "key for a setting": ENTRY + f"    {SECRET}: 1\n",
    "key given twice": ENTRY + f"    {SECRET}: 1\n    {SECRET}: 2\n",
    "key for a name": f"endpoints:\n  - name: {SECRET}\n    model: m\n",
    "user of a URL": ENTRY.replace("https://h", "ftp://user:plain-words@h"),
    "query of a URL": ENTRY.replace("/v1", "/v1?sig=plain-words") + "    weight: x\n",
    "syntax": ENTRY + "    api_key: plain-words: plain-words\n",
    "open quote": ENTRY + "    api_key: 'plain-words\n",
    "tag": ENTRY + "    api_key: !plain-words x\n",
    "alias": ENTRY + "    api_key: *plain-words\n",
    "typed": ENTRY + "    weight: !!int plain-words\n",
    "file that is one text": "plain-words",
    "file that is a list": "- plain-words\n",
    "list that is one text": f"endpoints: {SECRET}\n",
    "entry that is one text": f"endpoints: [{SECRET}]\n",
}


@pytest.mark.parametrize("text", ECHOES.values(), ids=ECHOES)
def test_no_value_of_a_secret_or_unknown_setting_is_echoed(files, text):
    explanation = explain(files(endpoints=text))
    assert explanation.errors
    said = json.dumps(explanation.as_json())
    assert SECRET not in said
    assert "plain-words" not in said


def test_the_effort_is_the_endpoints_or_else_that_of_its_model(files):
    luna = ENDPOINTS.replace("gpt-4o-mini-2024-07-18", "gpt-6-luna")
    value, origin = table(explain(files(endpoints=luna)))["endpoints.0.reasoning_effort"]
    assert value == "none"
    assert "models.yaml:" in origin
    own = luna.replace("    api_key_env: EAST_KEY\n", "    api_key_env: EAST_KEY\n    reasoning_effort: low\n")
    assert table(explain(files(endpoints=own)))["endpoints.0.reasoning_effort"] == ("low", "endpoints.yaml:6")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-10-15", None),
        ("2026-10-16", "retires on 2027-01-14, in 90 days, by models.yaml; its provider recommends gpt-6-luna"),
        ("2027-01-14", "retires on 2027-01-14, by models.yaml"),
        ("2027-01-15", "is retired since 2027-01-14, by models.yaml"),
    ],
)
def test_a_model_that_goes_away_within_ninety_days_is_a_warning(files, day, said):
    request = replace(files(), today=date.fromisoformat(day))
    warnings = [str(one) for one in explain(request).warnings if "endpoints.0.model" in one.setting]
    assert len(warnings) == (said is not None)
    if said is not None:
        assert warnings[0].startswith(f"endpoints.yaml:4: endpoints.0.model is gpt-4o-mini-2024-07-18, which {said}")


@pytest.mark.parametrize(("day", "warned"), [("2027-05-27", False), ("2027-05-28", True)])
def test_facts_that_nobody_has_checked_for_half_a_year_are_a_warning(files, day, warned):
    # 180 days after 28 November 2026 is 27 May 2027: 2 + 31 + 31 + 28 + 31 + 30 + 27.
    whole = explain(replace(files(), today=date.fromisoformat(day)))
    alone = explain(Request((str(INCLUDE / "config" / "models.yaml"),), environ={}, today=date.fromisoformat(day)))
    for explanation in (whole, alone):
        assert any(one.setting == "checked_on" for one in explanation.warnings) is warned

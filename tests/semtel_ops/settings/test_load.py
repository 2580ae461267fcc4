"""A wrong file is one line that names file, line, field, value and fix, and never a secret."""

import pytest
from pydantic import Field

from semtel_ops.errors import ConfigError
from semtel_ops.settings import PipelineConfig, load_yaml, parse_config
from semtel_ops.settings.config_model import ConfigModel, VariableName
from semtel_ops.settings.load import check_yaml
from semtel_ops.settings.marked_yaml import parse_yaml


class Login(ConfigModel):
    user: str
    password: int = 0
    key_env: VariableName | None = None


class Service(ConfigModel):
    logins: tuple[Login, ...] = Field(default=(), max_length=2)


def error_of(tmp_path, text, model=PipelineConfig):
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_yaml(path, model)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_the_line_is_that_of_the_setting(tmp_path):
    said = error_of(tmp_path, "# first\nlane: auto\ntokens:\n  compression: rules\n  max_per_conversation: 5\n")
    assert said == "file.yaml:5: tokens.max_per_conversation: 5 — Input should be greater than or equal to 16"


def test_a_bare_off_is_explained(tmp_path):
    said = error_of(tmp_path, "quality:\n  truncated_share: {severity: off}\n")
    assert said.startswith(
        "file.yaml:2: quality.truncated_share.severity: False — Input should be 'off', 'warn' or 'stop'; YAML reads"
    )
    assert said.endswith("put it in quotes")
    assert error_of(tmp_path, "scrub: {engine: off}\n").endswith("put it in quotes")


def test_an_unknown_setting_is_named_with_the_nearest_one(tmp_path):
    said = error_of(tmp_path, "tokens:\n  max_per_conversion: 5\n")
    assert said == "file.yaml:2: tokens.max_per_conversion: '…' is not a setting; did you mean max_per_conversation?"


def test_a_setting_that_is_not_there_has_the_line_of_what_lacks_it(tmp_path):
    assert error_of(tmp_path, "logins:\n  - password: 1\n", Service) == "file.yaml:2: logins.0.user: None must be given"


def test_further_problems_are_counted(tmp_path):
    said = error_of(tmp_path, "tokens: {max_per_conversation: 5, compression_rate: 7}\nlane: fast\n")
    assert said.endswith("greater than or equal to 16 (and 2 more)")


def test_all_problems_can_be_had():
    problems = check_yaml(parse_yaml("lane: fast\nsample: {rate: 2}\n"), PipelineConfig, where="f")
    assert [str(problem).partition(" ")[0] for problem in problems] == ["f:1:", "f:2:"]


def test_a_file_that_is_no_mapping_is_refused(tmp_path):
    assert error_of(tmp_path, "- a\n- b\n") == "file.yaml: '…' must be a mapping of settings"


def test_an_empty_file_is_all_defaults(tmp_path):
    (tmp_path / "file.yaml").write_text("# nothing\n", encoding="utf-8")
    assert load_yaml(tmp_path / "file.yaml", PipelineConfig) == PipelineConfig()


@pytest.mark.parametrize(
    "text",
    [
        "logins:\n  - {user: me, password: hunter2}\n",  # a wrong value
        "logins:\n  - {user: me, api_key: hunter2}\n",  # an unknown setting
        "logins:\n  - {user: me, key_env: sk-hunter2-0000}\n",  # the key where the variable's name belongs
        "logins:\n  - {user: me, key_env: hunter2abcdefghijklmnop}\n",
        "logins: {user: me, password: hunter2}\n",  # a wrong shape around it
        "logins:\n  - {user: [a], key_env: hunter2}\n  - 'https://me:hunter2@host'\n",
    ],
)
def test_no_error_repeats_a_secret(tmp_path, text):
    assert "hunter2" not in error_of(tmp_path, text, Service)


def test_plain_data_has_no_line():
    with pytest.raises(ConfigError, match=r"^request: lane: 'fast' — Input should be"):
        parse_config({"lane": "fast"}, PipelineConfig, where="request")


def test_a_variable_is_named_by_a_name():
    assert Login(user="me", key_env="MY_SERVICE_KEY_2_FOR_EVERYTHING").key_env == "MY_SERVICE_KEY_2_FOR_EVERYTHING"
    with pytest.raises(ConfigError, match="must be the name of an environment variable, such as OPENAI_API_KEY"):
        parse_config({"user": "me", "key_env": "a b"}, Login, where="f")

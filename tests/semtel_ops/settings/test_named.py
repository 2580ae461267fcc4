import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.extensions import COMPRESSORS, QUALITY_CHECKS, TRUNCATION_STRATEGIES
from semtel_ops.settings import CheckPolicy, PipelineConfig, QualityConfig, Severity, TokensConfig, parse_config


def test_an_unknown_name_is_one_clear_line():
    said = (
        r"^pipeline\.yaml: tokens\.truncation: 'turn' — is not a truncation strategy; did you mean turns\? "
        rf"known: {', '.join(TRUNCATION_STRATEGIES.names())}$"
    )
    with pytest.raises(ConfigError, match=said):
        parse_config({"tokens": {"truncation": "turn"}}, PipelineConfig, where="pipeline.yaml")


def test_what_is_not_even_a_name_is_refused_as_such():
    with pytest.raises(ConfigError, match=r"tokens\.compression: 7 — Input should be a valid string"):
        parse_config({"tokens": {"compression": 7}}, PipelineConfig, where="pipeline.yaml")


def test_the_json_schema_lists_all_names():
    properties = TokensConfig.model_json_schema()["properties"]
    assert properties["truncation"]["enum"] == list(TRUNCATION_STRATEGIES.names())
    assert properties["compression"]["enum"] == list(COMPRESSORS.names())


def test_a_name_is_kept_in_json_and_read_back():
    tokens = TokensConfig(truncation="middle", compression="llmlingua")
    assert TokensConfig.model_validate_json(tokens.model_dump_json()) == tokens


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        (
            {"non_sucess_share": {"limit": 0.1}},
            r"quality\.non_sucess_share: .* is not a setting; did you mean non_success_share\?",
        ),
        ({"min_row": 3}, r"quality\.min_row: .* is not a setting; did you mean min_rows\?"),
        ({"rows_complete": {"severity": "off"}}, r"quality\.rows_complete: .* is not a setting"),
        ({"truncated_share": {"limti": 0.1}}, r"quality\.truncated_share\.limti: '…' is not a setting; did you mean limit\?"),
        ({"truncated_share": {"severity": "fatal"}}, r"quality\.truncated_share\.severity: 'fatal' — Input should be 'off'"),
    ],
)
def test_a_wrong_policy_of_a_check_is_one_clear_line(quality, said):
    with pytest.raises(ConfigError, match=said):
        parse_config({"quality": quality}, PipelineConfig, where="pipeline.yaml")


def test_a_policy_is_kept_in_json_and_read_back_and_others_are_the_checks_own():
    config = parse_config({"quality": {"truncated_share": {"severity": "stop", "limit": 0.5}}}, PipelineConfig, where="")
    read = PipelineConfig.model_validate_json(config.model_dump_json()).quality
    assert read.checks["truncated_share"] == CheckPolicy(severity=Severity.STOP, limit=0.5)
    assert read.checks["quarantined_share"] == CheckPolicy(severity=Severity.WARN, limit=0.1)
    assert list(read.checks) == list(QUALITY_CHECKS.names())


def test_the_json_schema_has_every_check_with_its_default_and_nothing_else():
    schema = QualityConfig.model_json_schema()
    assert set(schema["properties"]) == {"history_weeks", "min_rows", *QUALITY_CHECKS.names()}
    assert schema["additionalProperties"] is False
    assert schema["properties"]["truncated_share"]["default"] == {"severity": "warn", "limit": 0.25}
    assert all(schema["properties"][name]["description"] for name in QUALITY_CHECKS.names())

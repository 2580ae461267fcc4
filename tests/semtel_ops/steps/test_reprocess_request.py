"""What a reprocess was asked for: checked field by field, and turned into the configuration of each week's run."""

from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from semtel_ops.errors import ConfigError
from semtel_ops.settings import PipelineConfig
from semtel_ops.steps.reprocess_request import MOST_WEEKS, ReprocessRequest, check_versions, config_of
from tests.support.shards import make_plan

REASON = "the endpoint failed that day"


def asked(**fields):
    return ReprocessRequest(**{"week": "2026-W40", "reason": REASON, **fields})


def test_a_request_is_careful_unless_it_says_otherwise():
    request = asked()
    assert (request.rows, request.fresh, request.dry_run, request.approval) == ("not_success", False, True, True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rows": "status"}, "status must be given if and only if rows is status"),
        ({"status": "error"}, "status must be given if and only if rows is status"),
        ({"rows": "label"}, "label must be given if and only if rows is label"),
        ({"rows": "ids"}, "ids_file must be given if and only if rows is ids"),
        ({"ids_file": "ids.txt"}, "ids_file must be given if and only if rows is ids"),
        ({"strategy": "packed"}, "pack must be given if and only if strategy is packed"),
        ({"strategy": "combined", "pack": 5}, "pack must be given if and only if strategy is packed"),
        ({"strategy": "packed", "pack": 1}, "pack"),
        ({"reason": "broken"}, "reason"),
        ({"classifiers": ("Not An Id",)}, "classifiers"),
        ({"prompt_version": "topic=1.0"}, "prompt_version"),
        ({"max_cost_usd": 0}, "max_cost_usd"),
        ({"deadline": "2026-11-25T09:00:00"}, "deadline"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_field_that_is_wrong_or_does_not_fit_the_others_is_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        asked(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"rows": "status", "status": "refused"},
        {"rows": "label", "label": "topic=science"},
        {"rows": "ids", "ids_file": "ids.txt"},
        {"strategy": "packed", "pack": 5},
        {"strategy": "combined"},
        {"prompt_version": "topic=1.1.0,knowledge_work=2.0.0"},
    ],
)
def test_fields_that_fit_are_taken(fields):
    assert asked(**fields).model_dump(exclude_unset=True) == {"week": "2026-W40", "reason": REASON, **fields}


def test_without_an_end_it_is_one_week():
    assert asked().weeks == ("2026-W40",)


def test_weeks_are_counted_over_the_end_of_a_year_that_has_53():
    assert asked(week="2026-W52", until="2027-W02").weeks == ("2026-W52", "2026-W53", "2027-W01", "2027-W02")


def test_a_year_can_be_asked_for_and_no_more():
    # 2026 has 53 weeks.
    assert len(asked(week="2026-W01", until="2026-W53").weeks) == MOST_WEEKS
    with pytest.raises(ConfigError, match="until: '2027-W01' exceeds the maximum of 53 weeks"):
        assert asked(week="2026-W01", until="2027-W01").weeks


def test_an_end_before_the_beginning_is_refused():
    with pytest.raises(ConfigError, match="until: '2026-W39' is before the first week, 2026-W40"):
        assert asked(until="2026-W39").weeks


def configured(tmp_path, today, base, **fields):
    return config_of(asked(**fields), PipelineConfig.model_validate(today), make_plan(tmp_path, config=base))


def test_what_decides_the_sample_stays_as_it_was_and_all_else_is_as_it_is_today(tmp_path):
    base = {
        "sample": {"count": 5, "salt": "then"},
        "shards": {"conversations": 7},
        "scrub": {"types": ["email"]},
        "budget_usd": 9,
    }
    today = {"sample": {"count": 99}, "shards": {"conversations": 1}, "budget_usd": 2, "tokens": {"max_per_conversation": 500}}
    config = configured(tmp_path, today, base)
    assert (config.sample.count, config.sample.salt, config.shards.conversations) == (5, "then", 7)
    assert config.scrub.types == ("email",)
    assert (config.budget_usd, config.tokens.max_per_conversation) == (2, 500)


@pytest.mark.parametrize(
    ("fields", "pack", "combine"),
    [
        ({}, 3, True),
        ({"strategy": "plain"}, 1, False),
        ({"strategy": "packed", "pack": 8}, 8, False),
        ({"strategy": "combined"}, 1, True),
    ],
)
def test_the_strategy_is_todays_unless_another_one_is_asked_for(tmp_path, fields, pack, combine):
    today = {"strategy": {"pack": 3, "combine": True, "seed": 11, "pack_tokens": 4_000}}
    strategy = configured(tmp_path, today, {}, **fields).strategy
    assert (strategy.pack, strategy.combine, strategy.seed) == (pack, combine, 11)


def test_the_lane_is_todays_unless_another_one_is_asked_for(tmp_path):
    assert configured(tmp_path, {"lane": "batch"}, {"lane": "flex"}).lane == "batch"
    assert configured(tmp_path, {"lane": "batch"}, {}, lane="realtime").lane == "realtime"


@dataclass(frozen=True)
class Prompt:
    id: str
    version: str


def test_prompts_of_the_wanted_versions_pass_and_without_a_wish_any_do():
    specs = [Prompt("topic", "1.1.0"), Prompt("knowledge_work", "2.0.0")]
    check_versions(asked(prompt_version="topic=1.1.0,knowledge_work=2.0.0"), specs)
    check_versions(asked(), specs)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("topic=1.2.0", "topic=1.2.0.* differs from the prompt file: 1.1.0"),
        ("user_intent=1.0.0", "not one of this run's classifiers"),
    ],
)
def test_another_version_is_refused_with_the_one_that_is_there(version, said):
    with pytest.raises(ConfigError, match=said):
        check_versions(asked(prompt_version=version), [Prompt("topic", "1.1.0")])

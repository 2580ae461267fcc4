"""A run is planned once: everything that can be wrong is found before anything is read or paid."""

import pytest

from semtel_ops.errors import ConfigError, SourceError, StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import PipelineConfig
from semtel_ops.steps.plan import RunRequest, list_parts, parts_of, plan_run, resolve
from semtel_ops.store.files import exists, remove
from semtel_ops.store.ledger_tables import RunState
from tests.support.shards import WEEK

REQUEST = {"week": WEEK}


def plan_of(installation, run_id="r1", **request):
    return RunPlan.load(plan_run(REQUEST | request, run_id=run_id, settings=installation.settings))


def resolved(installation, **request):
    return resolve(RunRequest(**(REQUEST | request)), run_id="r1", settings=installation.settings, ledger=False)


def test_a_planned_run_is_in_the_lake_and_in_the_ledger(installation):
    plan = plan_of(installation)
    assert (plan.week, plan.run_id, plan.lake, plan.ledger) == (WEEK, "r1", installation.settings.lake, True)
    assert plan.classifiers == ("topic", "knowledge_work")
    assert RunPlan.load(plan.url) == plan
    with installation.ledger() as ledger:
        record = ledger.run(WEEK, "r1")
    assert (record.state, record.finished_at, record.message) == (RunState.PLANNED, None, None)


def test_planned_again_it_is_the_same_run(installation):
    first = plan_of(installation)
    parts = list_parts(first.url)
    assert plan_of(installation) == first
    assert list_parts(first.url) == parts
    with installation.ledger() as ledger:
        assert len(ledger.runs(WEEK)) == 1


def test_the_request_goes_before_the_file(installation):
    installation.configure(
        sample={"count": 5}, budget_usd=1.0, tokens={"truncation": "middle"}, strategy={"pack_tokens": 4_000}
    )
    config = resolved(
        installation, sample_size=3, max_cost_usd=2.5, lane="auto", max_tokens_per_conversation=200, dates="ignore",
        classifiers=("topic",), pack=5, grader=True,
    ).config  # fmt: skip
    assert (config.sample.count, config.budget_usd, config.lane, config.source.dates) == (3, 2.5, "auto", "ignore")
    assert config.classifiers == ("topic",)
    assert (config.tokens.max_per_conversation, config.tokens.truncation) == (200, "middle"), "what is not asked for stays"
    assert (config.strategy.pack, config.strategy.grader, config.strategy.pack_tokens) == (5, True, 4_000)


def test_what_the_request_leaves_out_comes_from_the_file(installation):
    installation.configure(sample={"count": 5}, budget_usd=1.0)
    config = resolved(installation).config
    assert (config.sample.count, config.budget_usd, config.source.paths) == (5, 1.0, (installation.source,))


def test_a_source_that_is_asked_for_takes_the_place_of_files_and_of_sql(installation):
    installation.configure(source={"sql": {"url_env": "CHATS_URL", "table": "chats"}})
    source = resolved(installation, source="a.jsonl, s3://bucket/b/").config.source
    assert (source.paths, source.sql) == (("a.jsonl", "s3://bucket/b/"), None)


def test_relative_paths_of_the_file_start_beside_include(installation):
    installation.configure(source={"paths": ["chats/x.jsonl", "s3://bucket/b"]})
    root = str(installation.settings.include).removesuffix("include")
    assert resolved(installation).config.source.paths == (f"{root}chats/x.jsonl", "s3://bucket/b")


def test_the_source_is_cut_into_parts_of_whole_files_in_a_fixed_order(installation):
    installation.write_chats(12, name="a")
    whole = list_parts(plan_of(installation).url)
    assert [part["files"] for part in whole] == [[f"{installation.source}/{name}.jsonl" for name in ("a", "c")]]
    installation.configure(source={"paths": [installation.source], "part_mb": 0.001})
    plan = plan_of(installation, "r2")
    assert [(part["part"], len(part["files"]), part["run"]) for part in list_parts(plan.url)] == [
        (0, 1, plan.url), (1, 1, plan.url),
    ]  # fmt: skip


def test_a_query_is_one_part(installation):
    installation.configure(source={"sql": {"url_env": "CHATS_URL", "table": "chats"}})
    plan = resolved(installation)
    assert parts_of(plan) == [{"run": plan.url, "part": 0, "sql": True}]


def test_a_source_without_files_is_an_error_and_no_run(installation):
    with pytest.raises(SourceError, match="nowhere"):
        plan_of(installation, source=f"{installation.folder}/nowhere/*.jsonl")
    with installation.ledger() as ledger:
        assert ledger.run(WEEK, "r1") is None


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"week": "2026-47"}, "2026-47"),
        ({"lane": "fast"}, "lane"),
        ({"sample_size": 0}, "sample_size"),
        ({"max_cost_usd": 0}, "max_cost_usd"),
        ({"smaple_size": 3}, "did you mean sample_size"),
        ({"classifiers": ["topc"]}, "topc"),
        ({"deadline": "2026-11-25T09:00:00"}, "deadline"),
        ({"endpoints": "/nowhere/endpoints.yaml"}, "/nowhere/endpoints.yaml"),
    ],
)
def test_a_wrong_request_is_one_line_that_names_the_field_and_nothing_is_written(installation, request_, said):
    with pytest.raises(ConfigError, match=said) as caught:
        plan_of(installation, **request_)
    assert "\n" not in str(caught.value)
    assert not exists(installation.settings.lake)


def test_a_run_without_any_source_says_where_one_belongs(installation):
    installation.configure(source={})
    with pytest.raises(ConfigError, match=r"in the request, or as source\.paths or source\.sql"):
        plan_of(installation)


def test_a_strategy_that_nobody_measured_is_plain_in_a_recorded_run_and_used_as_it_is_in_a_folder(installation):
    recorded = plan_of(installation, pack=5)
    assert (recorded.config.strategy.plain, recorded.strategy_refused) == (True, True)
    assert "no experiment on record" in recorded.strategy_note
    alone = resolved(installation, pack=5)
    assert (alone.config.strategy.pack, alone.strategy_note) == (5, None)


def test_a_run_whose_parts_are_not_on_record_is_to_be_planned_again(installation):
    plan = plan_of(installation)
    remove(plan.folder.parts)
    with pytest.raises(StoreError, match="plan the run again"):
        list_parts(plan.url)


def test_there_are_never_more_parts_than_the_platform_maps(installation):
    """apache/airflow#29959: a list of more than `core.max_map_length` elements is refused."""
    for number in range(12):
        installation.write_chats(2, name=f"n{number}")
    installation.configure(source={"paths": [installation.source], "part_mb": 0.0001, "max_parts": 5})
    parts = list_parts(plan_of(installation).url)
    assert len(parts) <= 5
    assert len({file for part in parts for file in part["files"]}) >= 12
    assert PipelineConfig().source.max_parts == 1_024

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from semtel_airflow import xcom_args
from semtel_airflow.xcom_args import as_list, or_fail, or_skip, skip_in_dry_run


@pytest.mark.parametrize("value", ["lake/run.json", ["lake/run.json"], [{"shard": 0}]])
def test_a_result_is_passed_on(value):
    assert or_fail(value) == or_skip(value) == value


@pytest.mark.parametrize("value", [None, [], ""])
def test_without_a_result_there_is_nothing_to_do(value):
    with pytest.raises(AirflowSkipException, match="clear that task"):
        or_skip(value)


@pytest.mark.parametrize("value", [None, [], ""])
def test_without_a_result_the_verdict_is_a_failure_that_is_not_tried_again(value):
    with pytest.raises(AirflowFailException, match="clear that task"):
        or_fail(value)


def test_a_dry_run_leaves_the_task_out(monkeypatch):
    monkeypatch.setattr(xcom_args, "get_current_context", lambda: {"params": {"dry_run": True}})
    with pytest.raises(AirflowSkipException, match="dry run"):
        skip_in_dry_run()


def test_any_other_run_goes_on(monkeypatch):
    monkeypatch.setattr(xcom_args, "get_current_context", lambda: {"params": {"dry_run": False}})
    skip_in_dry_run()


@pytest.mark.parametrize(
    ("mapped", "meant"),
    [(None, []), ([], []), ({"shard": 3}, [{"shard": 3}]), (({"shard": 0}, {"shard": 1}), [{"shard": 0}, {"shard": 1}])],
)
def test_however_many_shards_succeeded_they_are_a_list(mapped, meant):
    assert as_list(mapped) == meant

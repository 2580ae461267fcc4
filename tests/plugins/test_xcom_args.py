import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from semtel_airflow.xcom_args import as_list, run_of, skip_in_a_dry_run


def test_the_run_is_the_one_the_manifests_name():
    assert run_of([{"run": "lake/run.json", "part": 0}, {"run": "lake/run.json", "part": 1}]) == "lake/run.json"


@pytest.mark.parametrize("manifests", [None, []])
def test_without_a_run_there_is_nothing_to_do(manifests):
    with pytest.raises(AirflowSkipException, match="clear that task"):
        run_of(manifests)


def test_without_a_run_the_verdict_is_a_failure_that_is_not_tried_again():
    with pytest.raises(AirflowFailException, match="clear that task"):
        run_of(None, needed=True)


def test_a_dry_run_leaves_the_task_out():
    with pytest.raises(AirflowSkipException, match="dry run"):
        skip_in_a_dry_run({"dry_run": True})


@pytest.mark.parametrize("gathered", [None, {"dry_run": False}])
def test_any_other_run_goes_on(gathered):
    skip_in_a_dry_run(gathered)


@pytest.mark.parametrize(
    ("mapped", "meant"),
    [(None, []), ([], []), ({"shard": 3}, [{"shard": 3}]), (({"shard": 0}, {"shard": 1}), [{"shard": 0}, {"shard": 1}])],
)
def test_however_many_shards_succeeded_they_are_a_list(mapped, meant):
    assert as_list(mapped) == meant

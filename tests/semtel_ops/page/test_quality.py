from semtel_ops.page.quality import quality_view
from tests.support.ledger_year import CHECKS, CLASSIFIERS, stopped_run_of


def test_every_check_has_its_worst_outcome_in_each_run(source, weeks):
    view = quality_view(source)
    assert {check["id"] for check in view["checks"]} == set(CHECKS)
    stopped = next(run for run in view["runs"] if run["verdict"] == "stop")
    check = next(check for check in view["checks"] if check["id"] == "non_success_share")
    cell = check["runs"][f"{stopped['week']} {stopped['run_id']}"]
    assert cell == {"outcome": "stop", "failed": 2, "of": len(CLASSIFIERS)}
    assert stopped["run_id"] == stopped_run_of(weeks[-10])


def test_a_failure_says_what_was_seen_and_what_was_expected(source, weeks):
    failures = [failure for failure in quality_view(source)["failures"] if failure["run_id"] == stopped_run_of(weeks[-10])]
    stopping = [failure for failure in failures if failure["severity"] == "stop"]
    assert {(failure["classifier"], failure["observed"], failure["expected"]) for failure in stopping} == {
        ("topic", "0.31", "at most 0.05"), ("user_intent", "0.31", "at most 0.05"),
    }  # fmt: skip


def test_it_ends_with_the_week_that_is_asked_for(source, weeks):
    assert max(run["week"] for run in quality_view(source, until=weeks[3])["runs"]) == weeks[3]


def test_what_people_were_told_is_there_with_examples_and_its_end(source):
    (alert,) = quality_view(source)["alerts"]
    assert (alert["severity"], alert["state"], alert["resolution"]) == ("critical", "resolved", "the week was published")
    assert alert["examples"] == ("c0017", "c0241")

from semtel_ops.report.links import dag_run_link, reprocess_link


def test_a_link_fills_in_the_fields_that_are_given_and_leaves_out_the_others():
    link = reprocess_link(
        "https://airflow.example/x/",
        {
            "week": "2026-W47",
            "classifiers": ["topic", "knowledge_work"],
            "budget_usd": 2.5,
            "dry_run": True,
            "lane": None,
            "ids_file": "",
        },
    )
    assert link == (
        "https://airflow.example/x/semtel-reprocess/?week=2026-W47&classifiers=topic%2Cknowledge_work&budget_usd=2.5&dry_run=true"
    )


def test_nothing_filled_in_is_the_empty_form():
    assert reprocess_link("http://localhost:8080", {}) == "http://localhost:8080/semtel-reprocess/"


def test_what_a_person_wrote_cannot_leave_its_field():
    link = reprocess_link("http://a", {"reason": "50 % wrong & more#x\n<b>"})
    assert link == "http://a/semtel-reprocess/?reason=50+%25+wrong+%26+more%23x%0A%3Cb%3E"


def test_a_run_is_reached_by_an_id_with_colons_and_plus_signs():
    assert dag_run_link("http://a/", "d", "manual__2026-11-23T10:00:00+00:00") == (
        "http://a/dags/d/runs/manual__2026-11-23T10%3A00%3A00%2B00%3A00"
    )

"""The alignment form, filled in by a link: what it shows, and that it asks as the reprocess form does."""

import pytest

from semtel_ops.report.links import ALIGN_DAG, ALIGN_PATH, align_link

pytestmark = pytest.mark.airflow


@pytest.fixture
def page(airflow_database):
    from semtel_airflow.align_form import align_params
    from semtel_airflow.reprocess_page.app import page_of

    def shown(**given):
        return page_of(align_params(), given, title="Compare labellers", dag_id=ALIGN_DAG)

    return shown


def test_a_link_names_the_form_and_its_fields():
    link = align_link(
        "http://air:8080/flow/", {"incumbent": "now", "candidates": ["new", "west"], "dry_run": True, "gold": None}
    )
    assert link == f"http://air:8080/flow/{ALIGN_PATH}/?incumbent=now&candidates=new%2Cwest&dry_run=true"


def test_the_form_has_the_fields_of_the_link_and_triggers_the_dag(page):
    html = page(incumbent="now", candidates="new,west", rows="500")
    assert f'data-dag="{ALIGN_DAG}"' in html
    assert "<h1>Compare labellers</h1>" in html
    assert 'name="candidates" data-kind="array" value="new,west"' in html.replace("\n", "")
    assert 'value="500"' in html
    assert 'id="dry_run" name="dry_run" data-kind="boolean" checked' in html


def test_a_field_that_the_form_does_not_have_is_shown_as_an_error(page):
    assert "fields that this form does not have: candidtae" in page(candidtae="new")


def test_an_empty_form_has_empty_candidates(page):
    assert 'name="candidates" data-kind="array" value=""' in page()


def test_the_application_requires_who_may_trigger_the_dag(airflow_database):
    from fastapi.testclient import TestClient

    from semtel_airflow.align_page import app

    assert TestClient(app).get("/").status_code == 401

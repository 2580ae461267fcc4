"""A week is labelled by the labeller of the week before, or by one that is aligned with it; the simulator plays both models."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from semtel_ops.bridging import labelled_weeks
from semtel_ops.errors import ConfigError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.model_gate import apply_model_gate, plan_bridge
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.labeller_ledger import LabellerLedger
from tests.support.aligned_models import aligned
from tests.support.published_week import CLASSIFIERS, publish_week, week_settings, write_endpoints
from tests.support.two_labellers import FIRST, NOW, A, B


def test_the_labeller_of_last_week_needs_nothing(week):
    plan = week.turn(A)
    assert (plan.model_gate, plan.bridge, plan.endpoint_names) == (None, None, ())


def test_a_model_without_an_alignment_is_held_back_and_the_plan_says_why_and_what_to_do(week):
    plan = week.turn(B)
    assert {name: held.model for name, held in plan.held.items()} == {"sim": A}
    assert plan.model_gate.note == (
        f"the labeller is held: sim is asked for {A}, because no alignment of {B} with {A} is on record for {CLASSIFIERS[0]}"
        f"; models.yaml has no price of {A}, so that of sim as configured is assumed"
    )
    assert plan.model_gate.unaligned == (B,)
    added = f"add an entry sim-before to endpoints.yaml that asks {A}, as sim did; then semtel align "
    assert plan.model_gate.command.startswith(added)
    assert "--incumbent sim-before --candidate sim " in plan.model_gate.command
    # Without an incumbent the form takes the entry, whatever its name, that asks who labelled the week.
    assert plan.model_gate.align_form == {"candidates": "sim", "classifiers": ",".join(CLASSIFIERS)}
    assert plan.bridge is None


def test_whose_price_is_assumed_is_said_only_where_one_is(week, tmp_path, project_root):
    shutil.copytree(project_root / "include", tmp_path / "include")
    models = tmp_path / "include" / "config" / "models.yaml"
    models.write_text(f"{models.read_text().rstrip()}\n  {A}: {{input_per_million: 0.5, output_per_million: 0.5}}\n")
    week.settings = week.settings.model_copy(update={"include": str(tmp_path / "include")})
    plan = week.turn(B)
    assert (plan.held["sim"].model, plan.held["sim"].assumed_price) == (A, False)
    assert "assumed" not in plan.model_gate.note


def test_refuse_names_the_command(week):
    with pytest.raises(ConfigError, match=rf"{B} .*semtel align .*--candidate sim"):
        week.turn(B, "model_gate: {mode: refuse}")


def test_off_uses_the_model_and_says_that_there_is_no_evidence(week):
    plan = week.turn(B, "model_gate: {mode: 'off'}")
    assert plan.held == {}
    assert "used without an alignment" in plan.model_gate.note
    assert plan.bridge.classifiers == CLASSIFIERS


def test_a_model_that_an_alignment_found_to_be_the_same_is_used_without_a_bridge(week):
    week.align(verdict="same")
    plan = week.turn(B)
    assert (plan.held, plan.bridge) == ({}, None)
    assert plan.model_gate.note == f"alignment nov found {B} to be the same as {A}"


def test_a_verdict_that_is_too_old_or_of_too_wide_a_margin_does_not_count(week):
    week.align(verdict="same", measured_at=datetime(2026, 6, 1, tzinfo=UTC))
    assert week.turn(B).held
    week.align(verdict="same", margin=0.05)
    assert week.turn(B).held
    assert not week.turn(B, "model_gate: {margin: 0.05}").held


def test_a_shift_that_nobody_adopted_is_held_back(week):
    week.align(verdict="shifted")
    assert week.turn(B).held


def test_a_shift_that_a_person_adopted_is_used_after_a_bridge(week):
    week.adopt()
    plan = week.turn(B)
    assert plan.held == {}
    assert plan.model_gate.note == f"model {B} was adopted by ada after alignment nov, verdict shifted"
    assert (plan.bridge.week, plan.bridge.classifiers, plan.bridge.rows) == (FIRST, CLASSIFIERS, 2_000)
    assert week.turn(B, "model_gate: {bridge_rows: 0}").bridge is None


def test_only_classifiers_that_shifted_get_a_bridge(week):
    with week.ledger as ledger:
        first, *others = aligned(ledger, FIRST, B, verdict="shifted")
        AlignmentLedger(ledger).save("nov", [first, *(replace(record, verdict="same") for record in others)])
        AlignmentLedger(ledger).adopt("nov", "sim", "ada", NOW)
    assert week.turn(B).bridge.classifiers == CLASSIFIERS[:1]


def test_without_an_aligned_model_that_answers_the_run_is_refused(week):
    plan = week.turn(A)
    write_endpoints(week.folder, week.base_url, model=B)
    asked = []

    def silent(endpoint):
        asked.append(endpoint.model)
        return False

    with week.ledger as ledger, pytest.raises(ConfigError, match=rf"none of the aligned models answers \({A}\)"):
        apply_model_gate(plan, ledger=ledger, now=NOW, answering=silent)
    assert asked == [A]


def test_a_retired_model_gives_way_to_the_next_aligned_one(week):
    with week.ledger as ledger:
        AlignmentLedger(ledger).save("oct", aligned(ledger, FIRST, "simulated-next", verdict="same", alignment_id="oct"))
        plan = week.turn(A)
        write_endpoints(week.folder, week.base_url, model=B)
        found = apply_model_gate(plan, ledger=ledger, now=NOW, answering=lambda endpoint: endpoint.model == "simulated-next")
    assert found.held["sim"].model == "simulated-next"


def test_of_two_endpoints_only_the_aligned_one_is_used(week):
    text = "\n".join(
        f"  - {{name: {name}, base_url: '{week.base_url}', model: {model}}}" for name, model in (("east", A), ("west", B))
    )
    plan = week.turn(A)
    (week.folder / "endpoints.yaml").write_text(f"endpoints:\n{text}\n")
    with week.ledger as ledger:
        found = apply_model_gate(plan, ledger=ledger, now=NOW)
    assert found.endpoint_names == ("east",)
    assert found.model_gate.note.startswith("endpoint west is not used: no alignment")
    assert found.model_gate.unaligned == (B,)


def test_a_prompt_that_changed_under_its_version_is_refused_and_a_new_version_is_a_new_question(week, tmp_path, project_root):
    shutil.copytree(project_root / "include", tmp_path / "include")
    prompt = tmp_path / "include" / "prompts" / "knowledge_work.prompty"
    text = prompt.read_text()
    week.settings = week.settings.model_copy(update={"include": str(tmp_path / "include")})
    text = text.replace("Looking up one fact is no", "Looking up facts is no")
    prompt.write_text(text)
    with pytest.raises(ConfigError, match=r"prompt of knowledge_work changed under version .*: give it a new version"):
        week.turn(A)
    prompt.write_text(text.replace('version: "1.0.0"', 'version: "9.0.0"'))
    plan = week.turn(A)
    assert plan.model_gate.note == "knowledge_work has a new version, 9.0.0"
    assert plan.bridge.classifiers == ("knowledge_work",)


def test_the_first_week_may_be_labelled_by_any_model(tmp_path, first_week, project_root, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    settings = week_settings(tmp_path, first_week.endpoint.base_url, project_root / "include", model=B)
    plan = publish_week(tmp_path, settings, conversations=10)
    assert (plan.model_gate, plan.bridge) == (None, None)


def test_a_week_that_an_earlier_release_published_counts_with_its_model(week):
    from sqlalchemy import delete

    from semtel_ops.store.ledger_tables import weekly_labeller

    with week.ledger as ledger:
        with ledger.write() as connection:
            connection.execute(delete(weekly_labeller))
        assert labelled_weeks(ledger, [FIRST]) == {}
        assert LabellerLedger(ledger).of_weeks([FIRST]) == []
    assert week.turn(A).model_gate is None
    assert week.turn(B).held["sim"].model == A


def test_a_held_endpoint_is_asked_for_the_model_that_the_week_before_had(week):
    from semtel_ops.runs.resources import asked_models, endpoints_of

    plan = week.turn(B)
    (found,) = endpoints_of(plan)
    assert found.model == A
    assert [asked.name for asked in asked_models(plan)] == [A]
    assert RunPlan.model_validate(plan.model_dump()).held == plan.held


def test_a_bridge_is_planned_again_from_what_is_published(week):
    week.adopt()
    plan = week.turn(B)
    with week.ledger as ledger:
        assert plan_bridge(plan, ledger=ledger).bridge == plan.bridge

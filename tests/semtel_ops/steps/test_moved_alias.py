"""A model that moves behind its alias labels at most the week in which nobody could know, and is held back until it is aligned."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import PipelineConfig
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.model_gate import apply_model_gate
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.files import read_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.model_ledger import ModelLedger, SentinelDay
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.aligned_models import aligned
from tests.support.published_week import CLASSIFIERS, publish_week, week_settings, write_endpoints
from tests.support.two_labellers import FIRST, NEXT, FirstWeek

ALIAS, MAY, NOV = "simulated-latest", "simulated-may", "simulated-nov"
LATER = "2026-W49"
MODELS = {
    MAY: {},
    NOV: {"confusion": {"knowledge_work": {"yes": {"no": 0.8}}}},
    ALIAS: {"serves": [{"model": MAY}]},
}
GATE = PipelineConfig().model_gate
ADOPTED = datetime(2026, 12, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig.model_validate({"models": MODELS})) as running:
        yield running


@pytest.fixture(scope="module")
def asked_of_alias(endpoint, tmp_path_factory, project_root):
    """A published week that was asked of the alias and answered by the model of May."""
    folder = tmp_path_factory.mktemp("may")
    endpoint.serve(ALIAS, MAY)
    with using_ledger_of(folder):
        settings = week_settings(folder, endpoint.base_url, project_root / "include", model=ALIAS)
        publish_week(folder, settings, conversations=20)
    return FirstWeek(folder, endpoint, project_root / "include")


@pytest.fixture(scope="module")
def after_the_move(asked_of_alias, tmp_path_factory):
    """That week, and the next, in which the alias moved."""
    folder = tmp_path_factory.mktemp("november") / "copy"
    with using_ledger_of(folder):
        label(copy(asked_of_alias, folder, NOV), NEXT, "25")
    return replace(asked_of_alias, folder=folder)


@contextmanager
def using_ledger_of(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        yield


@pytest.fixture
def week(asked_of_alias, tmp_path):
    with using_ledger_of(tmp_path / "copy"):
        yield copy(asked_of_alias, tmp_path / "copy", MAY)


@pytest.fixture
def moved_week(after_the_move, tmp_path):
    with using_ledger_of(tmp_path / "copy"):
        yield copy(after_the_move, tmp_path / "copy", NOV)


def copy(weeks, folder, served_model):
    """A copy whose endpoint is asked for the alias, which answers as this model."""
    weeks.endpoint.serve(ALIAS, served_model)
    copied = weeks.copy(folder)
    write_endpoints(folder, copied.base_url, model=ALIAS)
    return copied


def label(week, name, day):
    return publish_week(week.folder, week.settings, week=name, day=day, conversations=20)


def served(week, plan):
    return {row["served_model"] for row in week.landed(plan)}


def test_the_week_of_the_move_is_not_compared_and_the_weeks_after_it_are_held_until_it_is_adopted(moved_week):
    week = moved_week
    moved = RunPlan.load(Lake(week.settings.lake).run(NEXT, f"weekly-{NEXT}").plan)
    assert (served(week, moved), moved.model_gate) == ({NOV}, None)
    assert week.view(NEXT)["changes"] == []
    checks = {check["id"]: check for check in read_json(moved.folder.quality)["checks"]}
    assert not checks["labeller_change"]["passed"]

    for name, day in ((LATER, "30"), (LATER, "30")):  # labelled again, it is held again
        held = label(week, name, day)
        assert served(week, held) == {MAY}
        assert held.model_gate.note == (
            f"the labeller is held: sim is asked for {MAY}, because {ALIAS} answers as {NOV} since week {NEXT}, and answered as "
            f"{MAY} before: no alignment of both is on record for {CLASSIFIERS[0]}; "
            f"models.yaml has no price of {MAY}, so that of sim as configured is assumed"
        )
        page = Path(held.folder.report).read_text(encoding="utf-8")
        assert f"models.yaml has no price of {MAY}, so that of sim as configured is assumed." in page
        assert f"sim-before to endpoints.yaml that asks {MAY}" in held.model_gate.command
        assert (held.bridge.week, held.bridge.classifiers) == (NEXT, CLASSIFIERS), "back to another labeller than last week's"
    with week.ledger as ledger:
        assert [row.what for row in AlertLedger(ledger).alerts(LATER) if row.kind == "model_held"] == [held.model_gate.note]

    adopt(week, verdict="shifted")
    plan = week.turn(ALIAS, week="2026-W50", classifiers=CLASSIFIERS)
    assert (plan.held, plan.bridge.week) == ({}, LATER)
    assert plan.model_gate.note.startswith(f"model {ALIAS} was adopted by ada")


def adopt(week, **fields):
    with week.ledger as ledger:
        records = aligned(ledger, FIRST, ALIAS, candidate_served_model=NOV, **fields)
        AlignmentLedger(ledger).save("nov", records)
        AlignmentLedger(ledger).adopt("nov", "sim", "ada", ADOPTED)


def test_writing_its_own_name_into_the_endpoints_does_not_bring_it_in(moved_week):
    plan = moved_week.turn(NOV, week=LATER)
    assert plan.held["sim"].model == MAY
    write_endpoints(moved_week.folder, moved_week.base_url, model=MAY)
    assert moved_week.turn(MAY, week=LATER).model_gate is None, "the model before is in force"


def test_a_move_that_the_sentinels_saw_labels_no_week(week):
    with week.ledger as ledger:
        days = [
            SentinelDay(
                date(2026, 11, 23), "sim", name, "judged", "s", "l", ALIAS, NOV, n=40, flips=0, p0=0.1, e_value=1, alarmed=False
            )
            for name in CLASSIFIERS
        ]
        ModelLedger(ledger).save_sentinel_days(days)
    plan = week.turn(ALIAS)
    assert plan.held["sim"].model == MAY
    assert f"answers as {NOV} since 2026-11-23" in plan.model_gate.note


def test_without_the_model_before_the_run_is_refused_and_off_says_so_each_week(moved_week):
    plan = moved_week.turn(ALIAS, "model_gate: {mode: 'off'}", week=LATER)
    assert plan.model_gate.note.startswith(f"model_gate.mode is off: {ALIAS} is used without an alignment, {ALIAS} answers as")
    held = plan.model_copy(update={"model_gate": None, "config": plan.config.model_copy(update={"model_gate": GATE})})
    with moved_week.ledger as ledger, pytest.raises(ConfigError, match=rf"none of the aligned models answers \({MAY}\)"):
        apply_model_gate(held, ledger=ledger, now=ADOPTED, answering=lambda _: False)

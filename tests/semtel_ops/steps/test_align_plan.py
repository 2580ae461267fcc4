"""What an alignment checks before it asks: names, lanes, and that a folder keeps to its request."""

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import asked_models
from semtel_ops.steps.align import forecast_alignment
from semtel_ops.steps.align_plan import AlignmentPlan, plan_alignment, plan_in_lake
from semtel_ops.steps.frozen_set import conversations_of
from semtel_ops.store.journal import Journal
from semtel_ops.store.journal_outcome import RequestOutcome
from semtel_ops.store.ledger_open import open_ledger
from tests.support.alignments import INTENT, align_request, align_settings, write_chats, write_entries
from tests.support.published_week import publish_week

NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def settings(tmp_path, project_root):
    write_chats(tmp_path, 40)
    return align_settings(tmp_path, NOWHERE, project_root / "include")


@pytest.fixture
def plan(tmp_path, settings):
    def make(candidates=("new",), *, name="a1", **fields):
        request = align_request(tmp_path, candidates, **fields)
        return plan_alignment(request, alignment_id=name, out=str(tmp_path / "a1"), settings=settings)

    return make


def test_a_plan_is_read_as_it_was_written(plan):
    made = plan(rows=30)
    assert AlignmentPlan.load(made.url) == made
    assert made.frozen.conversations == 30
    assert [(each.role, each.name, each.model) for each in made.labellers] == [
        ("incumbent", "now", "simulated-a"),
        ("candidate", "new", "simulated-b"),
    ]
    assert [run.run_id for _, _, run in made.runs()] == [
        "a1.incumbent.now.0", "a1.incumbent.now.1", "a1.candidate.new.0", "a1.candidate.new.1",
    ]  # fmt: skip


def test_what_other_alignments_of_the_journal_have_paid_is_not_its_own(plan):
    made = plan(rows=30)
    journal = Journal(made.base.journal_url)
    for number, run_id in enumerate(("a1.candidate.new.0", "a1.later.candidate.new.0", "a10.candidate.new.0")):
        journal.add(
            RequestOutcome(
                key=f"{number:032x}", frame=bytes(16), bucket=0, run_id=run_id, text="{}", finish_reason="stop", error=None,
                endpoint="new", model="m", lane="realtime", input_tokens=10, output_tokens=2, cost_usd=0.1, latency_ms=5.0,
                attempts=1, answered_at=1.0,
            )
        )  # fmt: skip
    journal.flush()
    assert made.spent_usd() == {"a1.candidate.new.0": 0.1}


def test_only_a_candidate_that_sends_the_incumbents_requests_has_other_seeds(plan):
    made = plan(("new", "twin"))
    assert [each.seeds for each in made.labellers] == [(None, 1), (None, 1), (2, 3)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"incumbent": "noww"}, r"incumbent: 'noww' is no entry of .*endpoints.yaml; it has new, now, twin"),
        ({"candidates": ("next",)}, r"candidate: 'next' is no entry"),
        ({"candidates": ("new", "new")}, "candidate: .* must name each entry once"),
        ({"candidates": ()}, "candidates"),
        ({"lane": "flex"}, "lane: 'flex' is not offered by endpoint now, which offers realtime, batch"),
        ({"rows": 5}, "rows"),
        ({"margin": 0}, "margin"),
        ({"candidate": "new"}, "candidate"),
        ({"incumbent": None}, "incumbent: None must name an entry"),
        ({"source": None}, "inputs: None must name files"),
    ],
)
def test_a_wrong_request_is_refused_in_a_line_that_names_the_field(plan, fields, message):
    with pytest.raises(ConfigError, match=message):
        plan(**fields)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"margin": 0.03}, "margin: 0.03 was 0.05 when this alignment began"),
        ({"rows": 30}, "rows: 30 was 2000"),
        ({"candidates": ("twin",)}, "candidates"),
        ({"incumbent": "twin"}, "incumbent"),
        ({"lane": "batch"}, "lane"),
        ({"strategy": "configured"}, "strategy"),
        ({"gold": "gold.jsonl"}, "gold"),
        ({"name": "a2"}, "out: .* contains a1"),
    ],
)
def test_a_changed_request_for_the_same_folder_is_refused_with_the_field(plan, fields, field):
    plan()
    with pytest.raises(ConfigError, match=field):
        plan(**fields)


def test_a_folder_with_something_else_is_refused(plan, tmp_path):
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1" / "plan.json").write_text('{"id": "packing", "cells": []}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"out: .* contains packing"):
        plan()


def test_budget_and_dry_run_may_change(plan):
    plan(dry_run=True)
    made = plan(max_cost_usd=3.0)
    assert (made.base.config.budget_usd, made.base.dry_run) == (3.0, False)


def test_another_model_behind_a_name_is_another_alignment(plan, tmp_path):
    plan()
    write_entries(tmp_path, NOWHERE, {"now": "simulated-a", "new": "simulated-large"})
    with pytest.raises(ConfigError, match="candidate: 'new' has another model than when this alignment began"):
        plan()


def test_a_candidate_may_be_the_same_model_with_other_prompts(plan, tmp_path, project_root):
    folder = tmp_path / "prompts"
    folder.mkdir()
    for path in (project_root / "include" / "prompts").iterdir():
        text = path.read_text(encoding="utf-8")
        if path.stem == INTENT:
            text = text.replace('version: "1.0.0"', 'version: "1.1.0"').replace("Wants facts", "Wants plain facts")
        (folder / path.name).write_text(text, encoding="utf-8")
    made = plan(("now",), candidate_prompts=str(folder))
    incumbent, candidate = made.labellers
    assert (incumbent.versions, candidate.versions) == ({INTENT: "1.0.0"}, {INTENT: "1.1.0"})
    assert incumbent.fingerprints != candidate.fingerprints
    assert candidate.seeds == (None, 1)
    (folder / f"{INTENT}.prompty").write_text(
        (folder / f"{INTENT}.prompty").read_text(encoding="utf-8").replace("Wants plain facts", "Wants facts"), encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="candidate: 'now' has another prompts than when"):
        plan(("now",), candidate_prompts=str(folder))


@pytest.fixture
def endpoint(first_week):
    return first_week.endpoint


@pytest.fixture
def published(first_week, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/week/ledger.db")
    settings = first_week.copy(tmp_path / "week").settings
    write_entries(tmp_path / "week", first_week.endpoint.base_url, {"other": "simulated-large", "sim": "simulated-small"})
    return settings


def test_the_last_published_week_is_compared_with_who_labelled_it(published, endpoint):
    with open_ledger(published.database_url.get_secret_value()) as ledger:
        made = plan_in_lake({"candidates": ["other"], "rows": 30}, alignment_id="run 1", settings=published, ledger=ledger)
        assert (made.base.week, made.incumbent.name, made.frozen.conversations) == ("2026-W47", "sim", 30)
        assert made.base.classifiers == ("knowledge_work", "user_intent")
        endpoint.clear_stats()
        forecast = forecast_alignment(made, progress=LogProgress())
        # The first answers of who labelled the week are on record.
        assert [entry["requests"] for entry in forecast["labellers"]] == [0, 60, 60, 60]
        again = plan_in_lake({"candidates": ["other"], "rows": 30}, alignment_id="run 2", settings=published, ledger=ledger)
        assert again.frozen.fingerprint == made.frozen.fingerprint
        other = plan_in_lake(
            {"candidates": ["other"], "rows": 30, "week": "2026-W47"},
            alignment_id="run 3",
            settings=published,
            ledger=ledger,
            without=[f"2026-W47-c{at}" for at in range(30)],
        )
    drawn = {name for batch in conversations_of(other.frozen, ["conversation_id"]) for name in batch.column(0).to_pylist()}
    assert drawn == {f"2026-W47-c{at}" for at in range(30, 60)}
    assert endpoint.stats()["requests"] == 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"week": "2026-W46"}, "week: '2026-W46' is not published"), ({"incumbent": "gone"}, "incumbent: 'gone' is no entry")],
)
def test_a_week_or_an_incumbent_that_is_not_there_is_refused(published, fields, message):
    with open_ledger(published.database_url.get_secret_value()) as ledger, pytest.raises(ConfigError, match=message):
        plan_in_lake({"candidates": ["other"], **fields}, alignment_id="run", settings=published, ledger=ledger)


def test_a_model_that_no_entry_has_any_more_must_be_named(published, tmp_path, endpoint):
    write_entries(tmp_path / "week", endpoint.base_url, {"other": "simulated-large"})
    with (
        open_ledger(published.database_url.get_secret_value()) as ledger,
        pytest.raises(
            ConfigError,
            match=r"incumbent: 'simulated-small' labelled week 2026-W47, and no entry of .* asks it any more; add one",
        ),
    ):
        plan_in_lake({"candidates": ["other"]}, alignment_id="run", settings=published, ledger=ledger)


def test_a_candidate_that_the_last_week_held_back_is_asked_itself(published, tmp_path, endpoint):
    write_entries(tmp_path / "week", endpoint.base_url, {"sim": "simulated-large"})
    held = publish_week(tmp_path / "week", published, week="2026-W48", day="24")
    assert held.held["sim"].model == "simulated-small"
    write_entries(tmp_path / "week", endpoint.base_url, {"sim": "simulated-large", "sim-before": "simulated-small"})
    with open_ledger(published.database_url.get_secret_value()) as ledger:
        made = plan_in_lake({"candidates": ["sim"]}, alignment_id="run", settings=published, ledger=ledger)
    assert (made.base.week, made.incumbent.name) == ("2026-W48", "sim-before")
    assert {run.run_id: [asked.name for asked in asked_models(run)] for _, _, run in made.runs()} == {
        "run.incumbent.sim-before.0": ["simulated-small"],
        "run.incumbent.sim-before.1": ["simulated-small"],
        "run.candidate.sim.0": ["simulated-large"],
        "run.candidate.sim.1": ["simulated-large"],
    }
    forecast = forecast_alignment(made, progress=LogProgress())
    assert [entry["requests"] for entry in forecast["labellers"]] == [0, 120, 120, 120]


def test_without_a_published_week_there_is_nothing_to_compare(settings):
    with (
        open_ledger(settings.database_url.get_secret_value()) as ledger,
        pytest.raises(ConfigError, match="week: None has no published week"),
    ):
        plan_in_lake({"candidates": ["new"]}, alignment_id="run", settings=settings, ledger=ledger)

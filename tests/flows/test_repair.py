"""A repair against the simulator: a model whose prompts matter, with a planted weakness that one sentence repairs."""

import os

import pytest

from semtel_ops.classifiers import load_classifier
from semtel_ops.repair import SearchConfig, Verdict
from semtel_ops.repair.result import Reference
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import load_yaml
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.frozen_set import conversations_of, freeze, set_root
from semtel_ops.steps.repair import repair
from semtel_ops.steps.repair_answers import SetLabeller
from semtel_ops.steps.repair_rows import turn_texts
from semtel_ops.steps.repair_setup import RepairOptions
from semtel_ops.steps.week import ingest_week
from semtel_ops.store.files import list_files
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.published_week import week_settings
from tests.support.template import Template

pytestmark = pytest.mark.slow


WEEK = "2026-W47"


@pytest.fixture
def simulator(project_root):
    """`simulated-c` of the shipped configuration: it takes much technology for writing, unless a sentence tells them apart."""
    with simulated_endpoint(
        load_yaml(project_root / "include" / "config" / "simulator-models.yaml", SimulatorConfig)
    ) as running:
        yield running


@pytest.fixture(scope="module")
def ingested(tmp_path_factory, project_root):
    """The sample as a week, and a frozen set of it; to be copied for each test."""
    template = Template(tmp_path_factory.mktemp("ingested"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{template.place}/ledger.db")
        settings = entry_of(template.place, "http://127.0.0.1:9/v1", project_root)
        source = str(project_root / "include" / "sample" / "conversations.jsonl.gz")
        request = {"week": WEEK, "source": source, "classifiers": ("topic",), "dates": "ignore"}
        week = RunPlan.load(ingest_week(request, run_id="first", settings=settings)[0]["run"])
    urls = list_files(week.folder.conversations_folder, ".parquet")
    names = {row["conversation_id"] for url in urls for row in read_rows(url, ["conversation_id"])}
    frozen = freeze(set_root(week.paths, "align"), week.paths, WEEK, names)
    template.keep()
    return template, week, frozen


def entry_of(folder, base_url, project_root):
    return week_settings(folder, base_url, project_root / "include", model="simulated-c", lanes="[realtime]")


@pytest.fixture
def labeller(ingested, simulator, project_root, monkeypatch):
    template, week, frozen = ingested
    with template.restored() as folder:
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        entry_of(folder, simulator.base_url, project_root)
        yield SetLabeller(week, frozen)


@pytest.fixture
def ledger(labeller):
    with open_ledger(os.environ["DATABASE_URL"]) as opened:
        yield opened


def truth_of(simulator, frozen):
    rows = [row for batch in conversations_of(frozen, ["conversation_id", "turns"]) for row in batch.to_pylist()]
    labels = simulator.truth("topic", [row["turns"] for row in rows])
    return {row["conversation_id"]: label for row, label in zip(rows, labels, strict=True)}


def run(labeller, reference, out, ledger, *, suggest=False, **search):
    options = RepairOptions(
        search=SearchConfig(**{"depth": 2, "beam": 2, "max_prompts": 18, **search}), suggest=suggest, show_conversations=suggest
    )
    return repair(labeller, "topic", reference, reference_is=Reference.GOLD, out=str(out), ledger=ledger, options=options)


def test_the_sentence_that_repairs_the_model_is_found_confirmed_and_proposed(labeller, simulator, ledger, tmp_path):
    reference = truth_of(simulator, labeller.frozen)
    found = run(labeller, reference, tmp_path / "out", ledger, depth=1, max_prompts=10)
    assert found.verdict is Verdict.BETTER
    boundaries = [step.note for step in found.mutations if step.mutator == "boundary_sentence"]
    assert any("technology" in note and "writing" in note for note in boundaries)
    assert found.simulated
    assert load_classifier(found.prompt).version == "1.1.0"
    simulator.clear_stats()
    again = run(labeller, reference, tmp_path / "out", ledger, depth=1, max_prompts=10)
    assert simulator.stats()["requests"] == 0
    assert again.confirmation == found.confirmation


def test_a_model_that_errs_by_chance_alone_is_left_as_it_is(labeller, simulator, ledger, tmp_path):
    """Its prompts make different errors, so one of them looks better on the search rows."""
    reference = truth_of(simulator, labeller.frozen)
    simulator.configure(models={"simulated-c": {"confusion": {"topic": {}}}}, labels={"noise": 0.12})
    found = run(labeller, reference, tmp_path / "out", ledger, max_prompts=8)
    assert found.verdict is not Verdict.BETTER


def test_what_the_model_itself_suggests_is_asked_once_and_quotes_nobody(labeller, simulator, ledger, tmp_path):
    reference = truth_of(simulator, labeller.frozen)
    long = [" ".join(turn.split()[:9]) for turn in turn_texts(labeller.frozen) if len(turn.split()) > 20]
    run(labeller, reference, tmp_path / "out", ledger, suggest=True, max_prompts=6, depth=1)
    assert simulator.stats()["requests"] > 0
    simulator.clear_stats()
    run(labeller, reference, tmp_path / "out", ledger, suggest=True, max_prompts=6, depth=1)
    assert simulator.stats()["requests"] == 0
    written = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert [text for text in long if text in written] == []

"""A candidate that people agree with less: its prompt is repaired within the budget, and nothing is adopted."""

from types import SimpleNamespace

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.repair import split
from semtel_ops.runs.progress import LogProgress
from semtel_ops.runs.resources import Resources
from semtel_ops.steps import align_repair
from semtel_ops.steps.align import run_alignment
from semtel_ops.steps.align_repair import repair_candidates
from semtel_ops.steps.align_set import searched_ids
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.alignments import INTENT, SUBJECTS, align_request, align_settings, simulator, write_chats, write_entries
from tests.support.template import Template

ROWS = 240
RIGHT = ("problem_solving", "content_creation", "learning", "information_retrieval", "leisure")


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(simulator()) as running:
        yield running


def aligner(folder, settings):
    """`run(candidates, …)`: an alignment of the chats in a folder, with its repair."""

    def run(candidates=("new",), repair=True, **fields):
        return run_alignment(
            align_request(folder, candidates, **fields), alignment_id="a1", out=str(folder / "lake/experiments/a1"),
            settings=settings, progress=LogProgress(), repair=repair,
        )  # fmt: skip

    return run


def write_rows(folder):
    write_chats(folder, ROWS, {at: {INTENT: RIGHT[at % len(SUBJECTS)]} for at in range(ROWS)})


@pytest.fixture
def repaired(tmp_path, endpoint, project_root, monkeypatch):
    write_rows(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return aligner(tmp_path, align_settings(tmp_path, endpoint.base_url, project_root / "include"))


@pytest.fixture(scope="module")
def adjusted(tmp_path_factory, endpoint, project_root):
    """An alignment with a worse candidate, not repaired yet; to be copied for each test."""
    template = Template(tmp_path_factory.mktemp("adjusted"))
    write_rows(template.place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{template.place}/ledger.db")
        settings = align_settings(template.place, endpoint.base_url, project_root / "include")
        aligner(template.place, settings)(max_cost_usd=2.0, repair=False)
    template.keep()
    return template, settings


@pytest.fixture
def again(adjusted, monkeypatch):
    """The folder of that alignment, and what asks for it again."""
    template, settings = adjusted
    with template.restored() as folder:
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        yield folder, aligner(folder, settings)


def test_a_dry_run_forecasts_the_repair_once_it_is_known_what_needs_one(repaired, again, endpoint):
    assert "repairs" not in repaired(max_cost_usd=2.0, dry_run=True)
    _, aligned = again
    endpoint.clear_stats()
    expected = aligned(max_cost_usd=2.0, dry_run=True)["repairs"]["new"][INTENT]
    assert sum(expected["rows"]) == ROWS
    assert 0 < expected["least_usd"] < expected["most_usd"]
    assert endpoint.stats()["requests"] == 0


def test_a_worse_candidate_is_repaired_within_the_budget_and_nothing_is_adopted(again):
    folder, aligned = again
    manifest = aligned(max_cost_usd=1.5)
    assert manifest["candidates"]["new"]["decision"] == "adjust"
    summary = manifest["repairs"]["new"][INTENT]
    assert summary["verdict"] in {"better", "not_shown", "no_winner"}
    assert summary["spent_usd"] + manifest["paid_usd"] <= 1.5
    assert (folder / "lake/experiments/a1/repair/new" / INTENT / "repair.json").is_file()
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        assert AlignmentLedger(ledger).records(adopted=True) == []
        repeated = repair_candidates(str(folder / "lake/experiments/a1/plan.json"), ledger=ledger, resources=Resources())
    assert repeated["new"][INTENT] == summary, "the same again asks nothing"
    names = [f"c{at}" for at in range(ROWS)]
    assert searched_ids(Lake(str(folder / "lake")), "2026-W47") == set(split(names).search)
    assert searched_ids(Lake(str(folder / "lake")), "2026-W46") == set()


def test_candidates_share_what_the_alignment_has_left_of_the_budget(tmp_path, repaired, endpoint, monkeypatch):
    budgets = []

    def repair(*_, options, **__):
        budgets.append(options.search.budget_usd)
        return {INTENT: SimpleNamespace(spent_usd=0.25)}

    monkeypatch.setattr(align_repair, "repair_classifiers", repair)
    monkeypatch.setattr(align_repair, "summary_of", lambda *_: {})
    write_entries(tmp_path, endpoint.base_url, {"now": "simulated-a", "new": "simulated-b", "newer": "simulated-b"})
    paid_usd = repaired(["new", "newer"], max_cost_usd=2.0)["paid_usd"]
    assert budgets == pytest.approx([2.0 - paid_usd, 1.75 - paid_usd])


def test_a_candidate_that_is_not_worse_is_left_alone(tmp_path, repaired):
    assert repaired(["twin"], rows=60)["repairs"] == {}
    assert not (tmp_path / "lake/experiments/a1/repair").exists()
    assert searched_ids(Lake(str(tmp_path / "lake")), "2026-W47") == set()


def test_a_budget_that_the_alignment_has_spent_is_refused_by_the_repair(again):
    _, aligned = again
    with pytest.raises(ConfigError, match="budget"):
        aligned(max_cost_usd=0.75)

"""One sample asked in every way of a small grid, against the simulator: what is compared, recorded, reused and shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from semtel_ops.errors import BudgetExceededError, ConfigError, StoreError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import Settings
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.experiment import compare_cells, forecast_lines, run_experiment
from semtel_ops.steps.experiment_cell import forecast_cell, measure_cell
from semtel_ops.steps.experiment_plan import ExperimentPlan, plan_experiment
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.plan import plan_run
from semtel_ops.steps.route import route_shards
from semtel_ops.steps.week import ingest_week, run_week
from semtel_ops.store.experiment_ledger import ExperimentLedger
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.template import Template

NOISY = {"noise": 0.02, "noise_per_member": 0.06}
CLASSIFIERS = ("knowledge_work", "user_intent")
SUBJECTS = ("fix a bug in my code", "write me a poem", "explain how rain forms", "what is the capital of Chad", "tell a joke")
GRID = {"pack": [1, 5], "grader": [False, True], "combine": [False]}


class Told:
    """Progress that remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def start(self, label: str, total: int | None) -> None: ...

    def advance(self, rows: int = 1, cost_usd: float = 0.0) -> None: ...

    def say(self, line: str) -> None:
        self.lines.append(line)

    def finish(self) -> None: ...


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig()) as running:
        yield running


def prepare(folder, endpoint, project_root) -> Settings:
    """A source of 60 conversations, and an endpoint whose packed answers are noisy."""
    endpoint.configure(labels={**SimulatorConfig().labels.model_dump(), **NOISY})
    endpoint.clear_stats()
    (folder / "endpoints.yaml").write_text(
        f"endpoints:\n  - {{name: sim, base_url: '{endpoint.base_url}', model: simulated-small,\n"
        "     price: {input_per_million: 1.0, output_per_million: 1.0}}\n",
        encoding="utf-8",
    )
    with (folder / "chats.jsonl").open("w", encoding="utf-8") as file:
        for at in range(60):
            turns = [{"role": "user", "content": f"Please {SUBJECTS[at % len(SUBJECTS)]}, number {at}"}]
            labels = {"knowledge_work": at % 2 == 0} if at < 30 else {}
            record = {"conversation_id": f"c{at}", "started_at": "2026-11-18T10:00:00Z", "messages": turns, "labels": labels}
            file.write(json.dumps(record) + "\n")
    return Settings(
        lake=str(folder / "weekly"),
        database_url=SecretStr(f"sqlite:///{folder}/ledger.db"),
        include=str(project_root / "include"),
        endpoints=str(folder / "endpoints.yaml"),
    )


@pytest.fixture
def settings(tmp_path, endpoint, project_root, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    return prepare(tmp_path, endpoint, project_root)


@pytest.fixture(scope="module")
def measured(tmp_path_factory, endpoint, project_root):
    """An experiment that was made, to be copied for each test, and what it told."""
    template = Template(tmp_path_factory.mktemp("measured"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{template.place}/ledger.db")
        settings = prepare(template.place, endpoint, project_root)
        manifest, told = run(template.place, settings)
    template.keep()
    return template, settings, manifest, told


@pytest.fixture
def made(measured, endpoint, monkeypatch):
    """The folder of that experiment, and its settings."""
    template, settings, *_ = measured
    endpoint.clear_stats()
    with template.restored() as folder:
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        yield folder, settings


def request_of(tmp_path: Path, **config: Any) -> dict[str, Any]:
    return {
        "week": "2026-W47",
        "source": str(tmp_path / "chats.jsonl"),
        "classifiers": CLASSIFIERS,
        "config": {"sample": 40, "grid": GRID, "floor": 0.5, **config},
    }


def run(tmp_path: Path, settings: Settings, *, out: str = "out", **changes: Any) -> tuple[dict[str, Any], Told]:
    config = changes.pop("config", {})
    reuse = changes.pop("reuse", None)
    told = Told()
    request = {**request_of(tmp_path, **config), **changes}
    found = run_experiment(
        request, experiment_id="packing", out=f"{tmp_path}/{out}", settings=settings, progress=told, reuse=reuse
    )
    return found, told


def records(settings: Settings):
    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        return ExperimentLedger(ledger).records()


def calls(endpoint) -> int:
    return sum(endpoint.stats()["by_path"].get("chat/completions", {}).values())


def test_an_experiment_compares_records_and_shows_and_asked_again_it_asks_nothing(measured, made, endpoint):
    *_, manifest, told = measured
    folder, settings = made
    assert (manifest["sampled"], manifest["cells"], manifest["simulated"]) == (40, 3, True)
    assert told.lines[3].startswith("forecast:"), "before anything is asked"
    result = json.loads((folder / "out" / "experiment.json").read_text())
    plain, packed, graded = result["cells"]
    assert plain["baseline"]
    assert (plain["requests"], packed["requests"]) == (80, 16)
    assert packed["input_tokens"] < 0.7 * plain["input_tokens"]
    # The noise of packs is far above that of single calls, and the grader sees most of it.
    share = [one["compared"][-1]["agreement"]["share"] for one in (plain, packed, graded)]
    assert share[1] < share[2] <= 1
    assert share[1] < share[0] <= 1
    assert packed["flips"][-1]["share"]["share"] > plain["flips"][-1]["share"]["share"]
    assert all(one["cost_usd"] == pytest.approx((one["input_tokens"] + one["output_tokens"]) / 1e6) for one in result["cells"])
    assert graded["paid_usd"] < 2 * graded["cost_usd"], "the packed calls it is about were paid for by another cell"
    page = (folder / "out" / "report.html").read_text()
    assert "The endpoint is the simulator" in page
    assert {(one.cell.split("-")[0], one.classifier) for one in records(settings)} == {
        (pack, classifier) for pack in ("pack1", "pack5") for classifier in CLASSIFIERS
    }
    again, _ = run(folder, settings)
    assert calls(endpoint) == 0
    assert {name: again[name] for name in ("recommended", "reason")} == {
        name: manifest[name] for name in ("recommended", "reason")
    }


def test_a_larger_grid_pays_for_what_is_new(tmp_path, settings, endpoint):
    run(tmp_path, settings, config={"grid": {**GRID, "grader": [False]}, "repeats": 1})
    asked = calls(endpoint)
    run(tmp_path, settings, config={"grid": {**GRID, "grader": [False], "combine": [False, True], "pack": [1]}, "repeats": 1})
    assert calls(endpoint) == asked + 40, "one combined call for each conversation"


def test_a_dry_run_forecasts_and_asks_nothing(tmp_path, settings, endpoint):
    manifest, told = run(tmp_path, settings, dry_run=True)
    assert [cell["requests"] for cell in manifest["cells"]] == [160, 32, 64]
    assert calls(endpoint) == 0
    assert "at most 256 requests" in told.lines[-1]
    assert not (tmp_path / "out" / "experiment.json").exists()


def test_an_unknown_price_is_forecast_as_unknown():
    one = {"name": "a", "requests": 2, "reused": 0, "input_tokens": 10, "cost_usd": None}
    assert "cost unknown" in forecast_lines([one])[-1]


def test_the_budget_is_of_the_whole_experiment_and_raised_it_goes_on(tmp_path, settings, endpoint):
    with pytest.raises(BudgetExceededError):
        run(tmp_path, settings, max_cost_usd=0.03)
    assert 0 < calls(endpoint) < 176
    manifest, _ = run(tmp_path, settings, max_cost_usd=5.0)
    assert manifest["cells"] == 3
    bodies = endpoint.stats()
    assert bodies["answered_more_than_once"] == 0, "nothing is paid twice"


def test_answers_of_a_weekly_run_are_taken_over(tmp_path, settings, endpoint):
    week = {"week": "2026-W47", "source": str(tmp_path / "chats.jsonl"), "classifiers": CLASSIFIERS, "dry_run": False}
    shards = ingest_week(week, run_id="weekly", settings=settings)
    list(land_shards(route_shards(shards), resources=Resources(progress=Told())))
    asked = calls(endpoint)
    changes = {"grid": {"pack": [1], "grader": [False], "combine": [False]}, "repeats": 1}
    run(tmp_path, settings, config=changes, reuse=Lake(settings.lake).journal())
    assert calls(endpoint) == asked
    result = json.loads((tmp_path / "out" / "experiment.json").read_text())
    assert (result["cells"][0]["requests"], result["cells"][0]["paid_usd"]) == (80, 0.0)


def test_golden_labels_of_the_source_can_be_the_baseline(tmp_path, settings, endpoint):
    run(tmp_path, settings, config={"baseline": "golden", "repeats": 1})
    result = json.loads((tmp_path / "out" / "experiment.json").read_text())
    assert {one["classifier"] for one in result["cells"][0]["compared"]} == {"knowledge_work", None}
    assert result["cells"][0]["compared"][0]["agreement"]["n"] <= 30
    assert {one.baseline for one in records(settings)} == {"golden"}


def test_a_folder_keeps_to_its_experiment_and_its_sample(tmp_path, settings, endpoint):
    def plan(experiment_id="packing", **config):
        return plan_experiment(
            request_of(tmp_path, **config), experiment_id=experiment_id, out=f"{tmp_path}/out", settings=settings
        )

    refs = plan()
    assert ExperimentPlan.load(refs[0]["experiment"]).cells[refs[1]["cell"]].id == refs[1]["name"]
    with pytest.raises(ConfigError, match="contains experiment packing"):
        plan("other")
    with pytest.raises(ConfigError, match="with different sample"):
        plan(sample=50)
    with pytest.raises(ConfigError, match="did you mean pack"):
        plan(grid={"packs": [1]})
    with pytest.raises(StoreError, match="its cell is incomplete"):
        compare(refs, settings)
    (tmp_path / "grid.yaml").write_text("grid: {pack: [2]}\nrepeats: 1\n")
    request = {**request_of(tmp_path), "grid": str(tmp_path / "grid.yaml")}
    request["config"] = {"sample": 40}
    cells = plan_experiment(request, experiment_id="packing", out=f"{tmp_path}/out", settings=settings)
    assert {name["name"].split("-")[0] for name in cells} == {"pack1", "pack2"}


def compare(refs, settings):
    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        return compare_cells(refs[0]["experiment"], ledger=ledger)


def test_cells_can_be_asked_in_any_order_by_tasks_of_their_own(tmp_path, settings, endpoint):
    refs = plan_experiment(request_of(tmp_path, repeats=1), experiment_id="packing", out=f"{tmp_path}/out", settings=settings)
    forecast = forecast_cell(refs[1])
    measured, *_ = [measure_cell(refs[at]) for at in (1, 2, 0)]
    assert measured["requests"] == forecast["requests"] == 16
    assert forecast_cell(refs[1])["requests"] == 0, "what is on record is not forecast"
    assert compare(refs, settings)["cells"] == 3


def planned(tmp_path, settings, strategy, **gate):
    """The plan of a weekly run that is configured to use a strategy."""
    config = {"strategy": strategy, "strategy_gate": {"floor": 0.2, "min_n": 20, **gate}}
    (tmp_path / "pipeline.yaml").write_text(json.dumps(config))
    request = {"week": "2026-W47", "source": str(tmp_path / "chats.jsonl"), "classifiers": CLASSIFIERS}
    changed = settings.model_copy(update={"pipeline": str(tmp_path / "pipeline.yaml")})
    return RunPlan.load(plan_run(request, run_id="weekly", settings=changed))


def test_without_an_experiment_the_week_is_asked_plainly_and_says_so(tmp_path, settings):
    plan = planned(tmp_path, settings, {"pack": 5})
    assert plan.config.strategy.plain
    assert "plain requests instead of the strategy: no experiment on record" in plan.strategy_note


def test_an_experiment_speaks_for_its_own_strategy_above_the_floor_and_for_no_other(made):
    folder, settings = made
    plan = planned(folder, settings, {"pack": 5})
    assert plan.config.strategy.pack == 5
    assert "the strategy is used: experiment packing measured" in plan.strategy_note
    assert "below the floor of 0.99" in planned(folder, settings, {"pack": 5}, floor=0.99).strategy_note
    assert "no experiment on record" in planned(folder, settings, {"pack": 6}).strategy_note
    assert "compared 40 labels" in planned(folder, settings, {"pack": 5}, min_n=500).strategy_note


def test_by_configuration_an_unproven_run_is_refused_or_goes_on(tmp_path, settings):
    with pytest.raises(ConfigError, match="is not supported by an experiment: no experiment on record covers"):
        planned(tmp_path, settings, {"pack": 5}, mode="refuse")
    plan = planned(tmp_path, settings, {"pack": 5}, mode="off")
    assert plan.config.strategy.pack == 5
    assert "without evidence" in plan.strategy_note


def test_plain_calls_need_no_gate(tmp_path, settings):
    assert planned(tmp_path, settings, {}).strategy_note is None


def test_the_week_that_fell_back_says_so_in_its_manifest_and_on_its_page(tmp_path, settings):
    (tmp_path / "pipeline.yaml").write_text("strategy: {pack: 5}\nquality: {label_share_change: {severity: 'off'}}\n")
    changed = settings.model_copy(update={"pipeline": str(tmp_path / "pipeline.yaml")})
    week = {"week": "2026-W47", "source": str(tmp_path / "chats.jsonl"), "classifiers": CLASSIFIERS, "sample_size": 20}
    manifest = run_week(week, run_id="weekly", settings=changed, progress=Told())
    assert manifest["strategy_note"].startswith("plain requests instead")
    assert "Plain requests instead of the strategy" in Path(manifest["report"]).read_text()
    assert manifest["requests"] == 40


def test_a_model_that_only_embeds_needs_no_proof(made):
    folder, settings = made
    path = Path(settings.endpoints)
    path.write_text(
        f"{path.read_text()}  - {{name: vectors, base_url: 'http://127.0.0.1', model: e, lanes: [embedding]}}\n",
        encoding="utf-8",
    )
    assert planned(folder, settings, {"pack": 5}).config.strategy.pack == 5
    path.write_text(f"{path.read_text()}  - {{name: other, base_url: 'http://127.0.0.1', model: o, lanes: [batch]}}\n")
    assert "with o with these prompts" in planned(folder, settings, {"pack": 5}).strategy_note

"""An experiment is planned once: its sample is drawn for all cells, and its folder keeps to it."""

import pytest

from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.steps.experiment_plan import ExperimentPlan, default_id, plan_experiment, plan_in_lake
from semtel_ops.store.files import exists
from tests.support.shards import WEEK, write_endpoints

GRID = {"pack": [1, 5], "grader": [False], "combine": [False]}


@pytest.fixture
def plan(installation):
    """`plan(config=…, …)`: references to the cells of an experiment with twelve conversations in out/."""

    def make(experiment_id="packing", config=None, request=None, **arguments):
        asked = {"week": WEEK, "source": installation.source, "config": {"sample": 12, "grid": GRID, **(config or {})}}
        given = {"out": f"{installation.folder}/out", "settings": installation.settings, **arguments}
        return plan_experiment({**asked, **(request or {})}, experiment_id=experiment_id, **given)

    return make


def load(refs):
    return ExperimentPlan.load(refs[0]["experiment"])


def test_each_cell_has_a_reference_by_its_place_and_name(plan, installation):
    refs = plan()
    made = load(refs)
    assert [ref["cell"] for ref in refs] == [0, 1]
    assert [ref["name"] for ref in refs] == [cell.id for cell in made.cells]
    assert [cell.pack for cell in made.cells] == [1, 5]
    assert made.url == f"{installation.folder}/out/plan.json"
    assert (made.result_url, made.page_url) == (
        f"{installation.folder}/out/experiment.json", f"{installation.folder}/out/report.html",
    )  # fmt: skip
    assert installation.asked == []


def test_the_sample_is_in_a_lake_of_the_experiments_own(plan, installation):
    made = load(plan(config={"sample": 5}))
    assert made.base.lake == f"{installation.folder}/out/lake"
    assert made.sample["sampled"] == sum(shard["conversations"] for shard in made.shards) == 5
    assert not made.base.ledger
    assert not exists(installation.settings.lake)


def test_shards_without_conversations_are_left_out(plan):
    made = load(plan(config={"sample": 1}))
    assert [shard["conversations"] for shard in made.shards] == [1]


def test_planned_again_it_is_the_same_experiment_with_the_same_sample(plan, installation):
    refs = plan()
    before = load(refs)
    installation.write_chats(30, name="more")
    assert plan() == refs
    assert load(refs) == before
    assert load(refs).sample == before.sample, "chats that came since are not in it"


def test_a_larger_grid_keeps_the_sample_and_the_cells_it_has_in_common(plan):
    first, larger = plan(), plan(config={"grid": {**GRID, "pack": [1, 2, 5]}})
    assert {ref["name"] for ref in first} < {ref["name"] for ref in larger}


def test_it_continues_in_the_week_it_was_begun_in(plan):
    plan()
    assert load(plan(request={"week": "2026-W48"})).base.week == WEEK


def test_a_folder_holds_one_experiment(plan):
    plan()
    with pytest.raises(ConfigError, match="contains experiment packing; choose another folder"):
        plan("other")


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"config": {"sample": 5}}, "sample"), ({"request": {"classifiers": ["topic"]}}, "classifiers")],
)
def test_what_decides_the_rows_cannot_change_in_a_folder(plan, changes, named):
    plan()
    with pytest.raises(ConfigError, match=f"with different {named}; choose another folder"):
        plan(**changes)


def test_a_file_gives_the_grid_and_the_request_goes_before_it(plan, installation):
    file = installation.folder / "grid.yaml"
    file.write_text("grid: {pack: [1, 3], combine: [false], grader: [false]}\nrepeats: 3\nsample: 4\n", encoding="utf-8")
    made = load(plan(config={"grid": {"pack": [1, 2]}, "sample": 6}, request={"grid": str(file)}))
    assert ([cell.pack for cell in made.cells], made.config.repeats, made.sample["sampled"]) == ([1, 2], 3, 6)


def test_a_misspelled_dimension_names_the_right_one(plan):
    with pytest.raises(ConfigError, match="did you mean pack"):
        plan(config={"grid": {"packs": [1]}})


def test_models_are_those_that_answer_at_once(plan, installation):
    write_endpoints(installation.folder, "east", lanes=("batch",))
    with pytest.raises(ConfigError, match=r"endpoints\.lanes: .*must include realtime at least once"):
        plan()


def test_the_run_of_a_cell_asks_in_its_way_and_only_its_model(plan, installation):
    installation.configure(lane="batch")
    made = load(plan())
    run = made.run_of(made.cells[1], 1)
    assert run.run_id == f"packing.{made.cells[1].id}.1"
    assert (run.config.strategy.pack, run.config.lane, run.models, run.dry_run) == (5, "realtime", ("m",), False)
    assert run.config.tokens.max_per_conversation == made.cells[1].max_tokens
    first, second = (made.run_of(made.cells[1], repeat).config.strategy for repeat in (0, 1))
    assert first != second, "a repeat is other packs or another seed, or nothing would be measured"


@pytest.mark.parametrize(("config", "floor"), [({}, 0.8), ({"floor": 0.5}, 0.5), ({"floor": 0.0}, 0.0)])
def test_the_floor_is_the_experiments_or_that_of_the_gate(plan, installation, config, floor):
    installation.configure(strategy_gate={"floor": 0.8})
    assert load(plan(config=config)).floor == floor


def test_an_experiment_that_was_not_planned_is_an_error_that_says_so(tmp_path):
    with pytest.raises(StoreError, match="experiment not found; plan it before any other step"):
        ExperimentPlan.load(f"{tmp_path}/plan.json")


def test_in_the_lake_experiments_share_a_journal_and_take_over_what_weeks_know(installation):
    request = {"week": WEEK, "config": {"sample": 3, "grid": GRID}}
    made = load(plan_in_lake(request, experiment_id="manual__2026-11-20T09:00:00+00:00", settings=installation.settings))
    lake = installation.settings.lake
    assert made.out == f"{lake}/experiments/manual__2026-11-20T09-00-00-00-00"
    assert (made.base.journal, made.reuse) == (f"{lake}/experiments/journal", f"{lake}/journal")
    assert {made.run_of(cell, 0).journal_url for cell in made.cells} == {f"{lake}/experiments/journal"}


def test_an_experiment_without_an_id_is_called_like_its_folder(tmp_path):
    assert default_id(f"{tmp_path}/packing/") == "packing"
    assert default_id("/") == "experiment"

from pathlib import Path

import pytest
import yaml

from semtel_ops.errors import ConfigError
from semtel_ops.experiments.grid import ExperimentConfig, Grid, cells_of
from semtel_ops.settings import PipelineConfig, load_yaml
from tests.support.experiments import make_cell

INCLUDE = Path(__file__).parents[3] / "include" / "config"
CONFIG = PipelineConfig(classifiers=("topic", "knowledge_work"))


def test_the_grid_unfolds_into_every_strategy_that_makes_sense_and_plain_calls_come_first():
    cells = cells_of(Grid(), CONFIG, ["m"])
    assert cells[0] == make_cell(model="m")
    # Sizes 1, 5, 10 and 20, graded where there are several in a call: 4 + 3, separate and combined.
    assert len(cells) == len(set(cells)) == 14
    assert not any(cell.grader and cell.pack == 1 for cell in cells)


def test_the_shipped_example_shows_the_defaults():
    path = INCLUDE / "experiment.yaml"
    assert load_yaml(path, ExperimentConfig) == ExperimentConfig()
    commented = [line[2:] for line in path.read_text().splitlines() if line.startswith("# ") and ": " in line[:20]]
    assert ExperimentConfig.model_validate(yaml.safe_load("\n".join(commented))) == ExperimentConfig()


def test_one_classifier_cannot_be_combined():
    assert not any(cell.combine for cell in cells_of(Grid(), PipelineConfig(classifiers=("topic",)), ["m"]))


def test_the_baseline_is_there_even_if_the_grid_leaves_it_out():
    cells = cells_of(Grid(pack=(10,), grader=(True,), combine=(True,)), CONFIG, ["m", "large"], baseline_model="large")
    assert cells[0] == make_cell(model="large")
    assert [(cell.pack, cell.grader, cell.combine, cell.model) for cell in cells[1:]] == [
        (10, True, True, "m"),
        (10, True, True, "large"),
    ]


def test_a_rate_is_tried_only_with_the_engine_that_has_one():
    grid = Grid(
        pack=(1,), grader=(False,), combine=(False,), compression_rate=(0.3, 0.6),
        compression=("none", "llmlingua"),
    )  # fmt: skip
    cells = cells_of(grid, CONFIG, ["m"])
    assert [(cell.compression, cell.compression_rate) for cell in cells[1:]] == [
        ("none", 0.5),
        ("llmlingua", 0.3),
        ("llmlingua", 0.6),
    ]
    assert len({cell.id for cell in cells}) == len(cells)


def test_a_model_that_is_not_offered_is_refused():
    with pytest.raises(ConfigError, match=r"'huge' is not a model .*: m, large"):
        cells_of(Grid(models=("huge",)), CONFIG, ["m", "large"])
    with pytest.raises(ConfigError, match="too many"):
        cells_of(Grid(pack=tuple(range(1, 51)), max_tokens=(100, 200, 300)), CONFIG, ["m"])


def test_a_repeat_asks_with_another_seed_and_nothing_else_changes():
    cell = make_cell(10, grader=True)
    first, second = (cell.strategy(CONFIG.strategy, repeat) for repeat in (0, 1))
    assert (first.seed, second.seed) == (None, 1)
    assert first.model_copy(update={"seed": 1}) == second
    assert (first.audit_share, first.shadow_share) == (0.0, 0.0)


def test_the_lines_to_paste_hold_what_changes():
    assert make_cell(10, grader=True).settings(CONFIG) == {"strategy": {"pack": 10, "combine": False, "grader": True}}
    cut = make_cell(truncation="head", max_tokens=500, compression="llmlingua", compression_rate=0.3)
    assert cut.settings(CONFIG)["tokens"] == {
        "max_per_conversation": 500,
        "truncation": "head",
        "compression": "llmlingua",
        "compression_rate": 0.3,
    }
    PipelineConfig.model_validate(cut.settings(CONFIG))

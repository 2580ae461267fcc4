import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import PipelineConfig
from semtel_ops.steps.align_labellers import who_labelled
from semtel_ops.store.labeller_ledger import WeeklyLabeller, replace_labellers
from tests.support.alignments import write_entries

WEEK = "2026-W47"


@pytest.fixture
def base(tmp_path):
    write_entries(tmp_path, "http://127.0.0.1:9/v1", {"east": "luna", "west": "sol", "west-2": "sol"})
    return RunPlan(
        week=WEEK,
        run_id="a1.set",
        lake=str(tmp_path / "lake"),
        config=PipelineConfig(),
        classifiers=("topic",),
        endpoints=str(tmp_path / "endpoints.yaml"),
        include=str(tmp_path),
    )


@pytest.fixture
def labelled(ledger):
    def save(*rows):
        weekly = [
            WeeklyLabeller(WEEK, classifier, f"{at:016x}", "r1", model, model, 10, weight)
            for at, (classifier, model, weight) in enumerate(rows)
        ]
        with ledger.write() as connection:
            replace_labellers(connection, WEEK, weekly, [])

    return save


def test_the_entry_with_the_model_that_labelled_most_is_the_incumbent(base, ledger, labelled):
    labelled(("topic", "luna", 100.0), ("topic", "sol", 900.0), ("tone", "luna", 5_000.0))
    assert who_labelled(base, WEEK, ledger) == "west", "another classifier does not count; of two entries the first"


def test_a_model_without_an_entry_gives_way_to_one_that_has(base, ledger, labelled):
    labelled(("topic", "gone", 900.0), ("topic", "luna", 100.0))
    assert who_labelled(base, WEEK, ledger) == "east"


def test_nobody_who_can_be_asked_must_be_named_by_a_person(base, ledger, labelled):
    with pytest.raises(ConfigError, match=r"incumbent: None must name an entry .*: nobody knows who labelled"):
        who_labelled(base, WEEK, ledger)
    labelled(("topic", "gone", 900.0))
    with pytest.raises(ConfigError, match=r"incumbent: 'gone' labelled week 2026-W47, and no entry of .* asks it any more"):
        who_labelled(base, WEEK, ledger)

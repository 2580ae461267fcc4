"""What a run finds about combining holds for later runs of the same prompts and models, and for nobody else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.runs.plan import RunPlan
from semtel_ops.shards.comparison_counts import AGREE, DIFFER, ComparisonCounts
from semtel_ops.shards.unbundling import write_comparisons
from semtel_ops.steps.strategy_summary import record_disagreement, unbundled_before
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.strategy_ledger import StrategyEvent, StrategyLedger
from tests.support import shards


@pytest.fixture
def make_plan(tmp_path: Path):
    def make(run_id: str = "r2", models: tuple[str, ...] = ("m",), **strategy: object) -> RunPlan:
        endpoints = tmp_path / f"{'-'.join(models)}.yaml"
        lines = [f"{{name: {model}, base_url: 'http://127.0.0.1:1/v1', model: {model}}}" for model in models]
        endpoints.write_text(f"endpoints: [{', '.join(lines)}]")
        config = {"strategy": {"combine": True, **strategy}}
        return shards.make_plan(tmp_path, run_id=run_id, config=config, endpoints=str(endpoints))

    return make


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def comparisons(agreed: int, differed: int) -> ComparisonCounts:
    found = ComparisonCounts()
    found.shadow.update({("topic", AGREE): agreed, ("topic", DIFFER): differed, ("knowledge_work", AGREE): 100})
    return found


def test_a_classifier_under_the_floor_is_asked_separately_by_later_runs_of_the_same_models(make_plan, ledger):
    first = make_plan("r1")
    write_comparisons(first, 0, comparisons(60, 40), ())
    record_disagreement(first, ledger)
    assert unbundled_before(make_plan(), ledger) == ("topic",)
    assert unbundled_before(make_plan(models=("m", "other")), ledger) == ()
    assert unbundled_before(make_plan(combine=False), ledger) == ()
    # A run does not learn from itself: planned again it is the same run.
    assert unbundled_before(first, ledger) == ()


@pytest.mark.parametrize(("agreed", "differed"), [(90, 10), (5, 10)])
def test_above_the_floor_or_with_too_few_comparisons_nothing_is_unbundled(make_plan, ledger, agreed, differed):
    first = make_plan("r1")
    write_comparisons(first, 0, comparisons(agreed, differed), ())
    record_disagreement(first, ledger)
    assert unbundled_before(make_plan(), ledger) == ()


def test_another_prompt_or_a_long_time_begins_anew(make_plan, ledger):
    (topic,) = load_classifiers(make_plan().prompts, ["topic"])
    event = StrategyEvent("2026-W40", "r0", "topic", topic.fingerprint, "m", 0.5, 0.4, 0.6, 99, 0.8, datetime.now(UTC))
    for told in (
        StrategyEvent(**{**_fields(event), "fingerprint": "0" * 32}),
        StrategyEvent(**{**_fields(event), "happened_at": datetime.now(UTC) - timedelta(days=91)}),
    ):
        StrategyLedger(ledger).save([told])
        assert unbundled_before(make_plan(), ledger) == ()
    StrategyLedger(ledger).save([event])
    assert unbundled_before(make_plan(), ledger) == ("topic",)


def _fields(event: StrategyEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in StrategyEvent.__slots__}

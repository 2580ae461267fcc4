"""A run asks as it is configured to only where an experiment on record supports that; otherwise it asks plainly, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.errors import ConfigError
from semtel_ops.labellers import prompt_fingerprints, strategy_fingerprint
from semtel_ops.steps.strategy_gate import apply_strategy_gate
from semtel_ops.store.experiment_ledger import ExperimentLedger
from semtel_ops.store.files import read_json, write_json
from tests.support.experiments import make_record
from tests.support.shards import CLASSIFIERS, make_plan, write_endpoints

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PACKED = {"pack": 5}


@pytest.fixture
def make_strategy(tmp_path):
    """`make_strategy(strategy, **gate)`: the plan of a run with this strategy, at one endpoint of the model `m`."""
    write_endpoints(tmp_path)

    def make(strategy=PACKED, tokens=None, models=(), **gate):
        config = {"strategy": strategy, "tokens": tokens or {}, "strategy_gate": {"floor": 0.7, "min_n": 100, **gate}}
        return make_plan(tmp_path, config=config, models=models)

    return make


def prove(ledger, plan, models=("m",), **fields):
    """Record an experiment that measured the strategy of a plan for all its classifiers."""
    config = plan.config
    prompts = prompt_fingerprints(load_classifiers(plan.prompts, plan.classifiers), config.strategy, plan.prompts)
    records = [
        make_record(
            name, cell=f"pack5-{model}", model=model, prompts=prompts[name], strategy_fingerprint=strategy_fingerprint(config.strategy, config.tokens),
            **{"measured_at": NOW - timedelta(days=1), **fields},
        )
        for name in CLASSIFIERS for model in models
    ]  # fmt: skip
    ExperimentLedger(ledger).save("packing-november", records)


def gated(plan, ledger):
    return apply_strategy_gate(plan, ledger=ledger, now=NOW)


def test_plain_requests_need_no_proof(make_strategy, ledger):
    plan = make_strategy({})
    assert gated(plan, ledger) is plan


def test_a_proven_strategy_is_used_with_a_note_that_names_the_evidence(make_strategy, ledger):
    plan = make_strategy()
    prove(ledger, plan)
    found = gated(plan, ledger)
    assert (found.config, found.strategy_refused) == (plan.config, False)
    assert found.strategy_note.startswith("the strategy is used: experiment packing-november measured")


def test_without_evidence_the_run_is_plain_and_says_why(make_strategy, ledger):
    plan = make_strategy({"pack": 5, "combine": True, "grader": True, "seed": 3})
    found = gated(plan, ledger)
    assert (found.config.strategy.plain, found.config.strategy.seed, found.strategy_refused) == (True, 3, True)
    assert found.strategy_note.startswith("plain requests instead of the strategy: no experiment on record")
    assert gated(found, ledger) is found, "what is plain stays as it is"


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ({"kappa_low": 0.6}, "below the floor of 0.70"),
        ({"n": 50}, "compared 50 labels"),
        ({"measured_at": NOW - timedelta(days=400)}, "days"),
    ],
)
def test_weak_or_old_evidence_is_not_enough(make_strategy, ledger, evidence, said):
    plan = make_strategy()
    prove(ledger, plan, **evidence)
    found = gated(plan, ledger)
    assert found.strategy_refused
    assert said in found.strategy_note


def test_evidence_counts_for_its_own_strategy_only(make_strategy, ledger):
    prove(ledger, make_strategy())
    assert gated(make_strategy({"pack": 6}), ledger).strategy_refused
    assert gated(make_strategy(tokens={"max_per_conversation": 500}), ledger).strategy_refused


def test_every_model_that_may_answer_needs_its_own_evidence(tmp_path, make_strategy, ledger):
    plan = make_strategy()
    prove(ledger, plan)
    write_endpoints(tmp_path, "east", model="other")
    assert "with other" in gated(plan, ledger).strategy_note
    prove(ledger, plan, models=("m", "other"))
    assert not gated(plan, ledger).strategy_refused


def test_models_that_the_run_does_not_ask_and_models_that_only_embed_need_none(tmp_path, make_strategy, ledger):
    plan = make_strategy()
    prove(ledger, plan)
    file = f"{tmp_path}/endpoints.yaml"
    (east,) = read_json(file)["endpoints"]
    write_json(file, {"endpoints": [east, {**east, "name": "vectors", "model": "e", "lanes": ["embedding"]}]})
    assert not gated(plan, ledger).strategy_refused
    write_json(file, {"endpoints": [east, {**east, "name": "west", "model": "other"}]})
    assert gated(plan, ledger).strategy_refused
    assert not gated(make_strategy(models=("m",)), ledger).strategy_refused


def test_a_run_that_no_endpoint_can_answer_is_plain(tmp_path, make_strategy, ledger):
    write_endpoints(tmp_path, lanes=("embedding",))
    found = gated(make_strategy(), ledger)
    assert found.strategy_refused
    assert found.strategy_note == "plain requests instead of the strategy: no endpoint answers requests"


def test_the_gate_can_refuse_the_run_and_say_what_to_do(make_strategy, ledger):
    with pytest.raises(ConfigError, match=r"is not supported by an experiment: .*; run `semtel experiment`, or set"):
        gated(make_strategy(mode="refuse"), ledger)


def test_a_gate_that_is_off_lets_everything_through_and_notes_it(make_strategy, ledger):
    plan = make_strategy(mode="off")
    found = gated(plan, ledger)
    assert (found.config.strategy.pack, found.strategy_refused) == (5, False)
    assert "without evidence" in found.strategy_note


def test_an_unproven_compression_falls_back_to_the_rules(make_strategy, ledger):
    found = gated(make_strategy({}, tokens={"compression": "llmlingua"}), ledger)
    assert (found.config.tokens.compression, found.strategy_refused) == ("rules", True)

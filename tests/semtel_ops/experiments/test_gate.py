from datetime import timedelta

import pytest

from semtel_ops.experiments.gate import judge, needs_proof, proven_tokens
from semtel_ops.settings import StrategyConfig, StrategyGateConfig, TokensConfig
from tests.support.experiments import MEASURED_AT, make_record

NOW = MEASURED_AT + timedelta(days=10)
PROMPTS = {"topic": "p", "mood": "q"}


def verdict(*records, models=("gpt-4o-mini",), prompts=PROMPTS, strategy="s", **gate):
    return judge(strategy, prompts, models, records, StrategyGateConfig(**gate), NOW)


def mood(**fields):
    return make_record("mood", **{"prompts": "q", **fields})


def test_a_strategy_that_every_classifier_was_measured_with_may_be_used():
    found = verdict(make_record(), mood(kappa=0.8, kappa_low=0.75, url="other.html"))
    assert found.allowed
    assert "lowest: mood, 0.75–0.90, n = 300" in found.reason
    assert found.urls == ("lake/experiments/packing-november/report.html", "other.html")


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (mood(prompts="changed"), "no experiment on record covers this strategy for mood with gpt-4o-mini"),
        (mood(model="gpt-5"), "no experiment on record"),
        (mood(strategy_fingerprint="another"), "no experiment on record"),
        (mood(simulated=True), "no experiment on record"),
        (mood(measured_at=NOW - timedelta(days=91)), "more than 90 days ago"),
        (mood(kappa=0.72, kappa_low=0.66), "a lower bound of 0.66, below the floor of 0.70"),
        (mood(kappa=None, kappa_low=None, kappa_high=None), "only one label occurred"),
        (mood(n=99), "compared 99 labels for mood with gpt-4o-mini; 100 are required"),
        (mood(invalid_share=0.1), "10.0% of the rows"),
    ],
)
def test_what_does_not_speak_for_it_is_named(record, why):
    found = verdict(make_record(), record)
    assert not found.allowed
    assert why in found.reason


def test_the_newest_experiment_decides_and_not_the_best():
    good, bad = mood(), mood(kappa_low=0.1, measured_at=NOW)
    assert not verdict(make_record(), good, bad).allowed
    assert verdict(make_record(), bad, mood(measured_at=NOW + timedelta(hours=1))).allowed


def test_every_model_needs_its_own_evidence():
    found = verdict(make_record(), mood(), models=("gpt-4o-mini", "gpt-5"))
    assert not found.allowed
    assert "topic with gpt-5" in found.reason
    assert "(and 1 more)" in found.reason


def test_simulated_evidence_vouches_for_the_simulator():
    ours = [one(model="simulated-small", simulated=True) for one in (make_record, mood)]
    assert verdict(*ours, models=("simulated-small",)).allowed
    assert not verdict(*ours, models=("gpt-4o-mini",)).allowed


def test_plain_calls_and_rules_need_no_proof():
    assert not needs_proof(StrategyConfig(), TokensConfig())
    assert needs_proof(StrategyConfig(pack=2), TokensConfig())
    assert needs_proof(StrategyConfig(combine=True), TokensConfig())
    lingua = TokensConfig(compression="llmlingua")
    assert needs_proof(StrategyConfig(), lingua)
    assert not needs_proof(StrategyConfig(), proven_tokens(lingua))


def test_a_compression_that_needs_no_proof_is_not_replaced():
    off = TokensConfig(compression="none")
    assert proven_tokens(off) == off

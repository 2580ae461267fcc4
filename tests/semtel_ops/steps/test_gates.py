"""A run's strategy and its labeller are decided together: each is evidence only with the other."""

from datetime import UTC, datetime

import pytest

from semtel_ops.runs.plan import HeldModel, ModelGate
from semtel_ops.steps import gates
from tests.support.shards import make_plan, write_endpoints

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The gates that were asked, in order, with the models that the strategy gate saw."""
    write_endpoints(tmp_path)
    calls = []

    def strategy(plan, **_):
        calls.append(("strategy", sorted(held.model for held in plan.held.values())))
        return plan.model_copy(update={"strategy_note": "decided"})

    monkeypatch.setattr(gates, "apply_strategy_gate", strategy)
    return calls


def with_gate(monkeypatch, calls, held):
    def model(plan, **_):
        calls.append(("model", plan.strategy_note))
        return plan.model_copy(update={"model_gate": ModelGate(note="n", held=held), "endpoint_names": tuple(held)})

    monkeypatch.setattr(gates, "apply_model_gate", model)


def test_plain_requests_need_the_model_gate_alone(tmp_path, ledger, asked, monkeypatch):
    with_gate(monkeypatch, asked, {})
    gates.apply_gates(make_plan(tmp_path), ledger=ledger, now=NOW)
    assert asked == [("model", None)]


def test_the_strategy_is_decided_first_since_it_is_part_of_the_labeller(tmp_path, ledger, asked, monkeypatch):
    with_gate(monkeypatch, asked, {})
    gates.apply_gates(make_plan(tmp_path, config={"strategy": {"pack": 5}}), ledger=ledger, now=NOW)
    assert asked == [("strategy", []), ("model", "decided")]


def test_a_strategy_needs_evidence_with_the_model_that_the_run_is_held_to(tmp_path, ledger, asked, monkeypatch):
    with_gate(monkeypatch, asked, {"east": HeldModel(model="before")})
    found = gates.apply_gates(make_plan(tmp_path, config={"strategy": {"pack": 5}}), ledger=ledger, now=NOW)
    assert asked == [("strategy", []), ("model", "decided"), ("strategy", ["before"])]
    assert (found.held["east"].model, found.endpoint_names) == ("before", ("east",))

"""The strategy gate: check a run's strategy against the recorded experiments, before any request is sent."""

import logging
from datetime import datetime

from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.catalog import EndpointsFile
from semtel_ops.errors import ConfigError
from semtel_ops.experiments import judge
from semtel_ops.experiments.gate import needs_proof, proven_tokens
from semtel_ops.labellers import prompt_fingerprints, strategy_fingerprint
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import load_yaml
from semtel_ops.store.experiment_ledger import ExperimentLedger
from semtel_ops.store.ledger import Ledger

log = logging.getLogger(__name__)


def apply_strategy_gate(plan: RunPlan, *, ledger: Ledger, now: datetime) -> RunPlan:
    """The plan with a proven strategy: unchanged, or with plain requests and a note that gives the reason.

    Raises:
        ConfigError: the strategy is not proven and `strategy_gate.mode` is `refuse`.
    """
    config = plan.config
    if not needs_proof(config.strategy, config.tokens):
        return plan
    if config.strategy_gate.mode == "off":
        return _noted(plan, "strategy_gate.mode is off: the strategy is used without evidence from an experiment")
    specs = load_classifiers(plan.prompts, plan.classifiers)
    verdict = judge(
        strategy_fingerprint(config.strategy, config.tokens),
        prompt_fingerprints(specs, config.strategy, plan.prompts),
        _models(plan),
        ExperimentLedger(ledger).records(classifiers=plan.classifiers),
        config.strategy_gate,
        now,
    )
    if verdict.allowed:
        return _noted(plan, f"the strategy is used: {verdict.reason}")
    if config.strategy_gate.mode == "refuse":
        proof = "run `semtel experiment`, or set strategy_gate.mode to fallback"
        fix = f"is not supported by an experiment: {verdict.reason}; {proof}"
        raise ConfigError("strategy", config.strategy.model_dump(include={"pack", "combine", "grader"}), fix)
    plain = config.strategy.model_copy(update={"pack": 1, "combine": False, "grader": False})
    fallback = config.model_copy(update={"strategy": plain, "tokens": proven_tokens(config.tokens)})
    refused = plan.model_copy(update={"config": fallback, "strategy_refused": True})
    return _noted(refused, f"plain requests instead of the strategy: {verdict.reason}")


def _models(plan: RunPlan) -> list[str]:
    """The models that may be used, in any lane."""
    entries = load_yaml(plan.endpoints, EndpointsFile).endpoints
    return [plan.model_of(entry) for entry in entries if set(entry.lanes) != {Lane.EMBEDDING} and plan.uses(entry)]


def _noted(plan: RunPlan, note: str) -> RunPlan:
    log.info("strategy: %s", note)
    return plan.model_copy(update={"strategy_note": note})

"""The strategy gate: check a run's strategy against the recorded experiments, before any request is sent."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.catalog import EndpointsFile
from semtel_ops.errors import ConfigError
from semtel_ops.experiments import judge
from semtel_ops.experiments.gate import needs_proof, proven_tokens, strategy_fingerprint
from semtel_ops.packing import Packer
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import StrategyConfig, load_yaml
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
    answering = [entry.model for entry in entries if set(entry.lanes) != {Lane.EMBEDDING}]
    return [model for model in answering if not plan.models or model in plan.models]


def prompt_fingerprints(specs: Sequence[ClassifierSpec], strategy: StrategyConfig, prompts: Path) -> dict[str, str]:
    """Classifier id → 32 hex digits, a fingerprint of all prompt text that this strategy sends for it.

    The fingerprint of a combined classifier depends on all classifiers. Unbundling does not change it: separate requests
    need no proof.
    """
    if strategy.combine:
        together = _fingerprint(Packer(specs, strategy, prompts))
        return {spec.id: together for spec in specs}
    return {spec.id: _fingerprint(Packer([spec], strategy, prompts)) for spec in specs}


def _fingerprint(packer: Packer) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for frame in packer.frames:
        digest.update(frame.fingerprint)
    return digest.hexdigest()


def _noted(plan: RunPlan, note: str) -> RunPlan:
    log.info("strategy: %s", note)
    return plan.model_copy(update={"strategy_note": note})

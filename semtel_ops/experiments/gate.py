"""Whether recorded experiments permit the strategy of a run. Pure: records and settings in, a verdict with its reason out.

A strategy is how requests are shared and how conversations are shortened. An experiment counts only for the same strategy,
prompts and model. The newest experiment decides, not the best, because the model behind a name changes. As in `recommend`, the
lower end of kappa's interval must reach the floor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from semtel_ops.experiments.results import MAX_INVALID_SHARE
from semtel_ops.humanize import coefficient, date, number, percent
from semtel_ops.settings import StrategyConfig, StrategyGateConfig, TokensConfig
from semtel_ops.store.experiment_ledger import ExperimentRecord
from semtel_ops.tokens.compressor import compressor_named


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Whether a strategy may be used, and the reason as a sentence.

    Attributes:
        urls: pages of the experiments that the verdict is based on; empty where it is not allowed.
    """

    allowed: bool
    reason: str
    urls: tuple[str, ...] = ()


def needs_proof(strategy: StrategyConfig, tokens: TokensConfig) -> bool:
    """Whether a run shares requests, or compresses text in a way that needs an experiment."""
    return not strategy.plain or compressor_named(tokens.compression).needs_experiment


def proven_tokens(tokens: TokensConfig) -> TokensConfig:
    """The settings with the default compression in place of a compression that needs an experiment."""
    if not compressor_named(tokens.compression).needs_experiment:
        return tokens
    return tokens.model_copy(update={"compression": TokensConfig().compression})


def judge(
    strategy: str,
    prompts: Mapping[str, str],
    models: Sequence[str],
    records: Sequence[ExperimentRecord],
    gate: StrategyGateConfig,
    now: datetime,
) -> GateVerdict:
    """Judge a strategy for every classifier with every model.

    Args:
        strategy: `strategy_fingerprint` of the run.
        prompts: classifier id → fingerprint of all prompt text in this strategy's requests.
        models: all models that the run may use.
        records: recorded experiments, of any strategy, prompts and model.
    """
    reasons: list[str] = []
    used: list[ExperimentRecord] = []
    for classifier, fingerprint in prompts.items():
        for model in sorted(set(models)):
            fitting = [
                record
                for record in records
                if (record.classifier, record.prompts, record.model, record.strategy_fingerprint)
                == (classifier, fingerprint, model, strategy)
                and record.simulated == is_simulated(model)
            ]
            newest = max(fitting, key=lambda record: record.measured_at, default=None)
            why = _against(newest, classifier, model, gate, now)
            if why:
                reasons.append(why)
            elif newest is not None:
                used.append(newest)
    if reasons:
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        return GateVerdict(False, f"{reasons[0]}{more}")
    if not used:
        return GateVerdict(False, "no endpoint answers requests")
    worst = min(used, key=lambda record: record.kappa_low if record.kappa_low is not None else -1.0)
    return GateVerdict(
        True,
        f"experiment {worst.experiment_id} measured a kappa of at least {coefficient(worst.kappa)} for every classifier "
        f"(lowest: {worst.classifier}, {coefficient(worst.kappa_low)}–{coefficient(worst.kappa_high)}, n = {number(worst.n)})",
        tuple(sorted({record.url for record in used})),
    )


def _against(record: ExperimentRecord | None, classifier: str, model: str, gate: StrategyGateConfig, now: datetime) -> str:
    """Why a strategy may not be used for a classifier and a model; empty where it may."""
    who = f"{classifier} with {model}"
    if record is None:
        return f"no experiment on record covers this strategy for {who} with these prompts"
    measured = date(record.measured_at)
    if now - record.measured_at > timedelta(days=gate.max_age_days):
        return f"the experiment for {who} dates from {measured}, more than {gate.max_age_days:g} days ago"
    if record.kappa is None or record.kappa_low is None:
        return f"the experiment of {measured} has no kappa for {who}: only one label occurred"
    if record.n < gate.min_n:
        return f"the experiment of {measured} compared {record.n} labels for {who}; {gate.min_n} are required"
    if record.kappa_low < gate.floor:
        return (
            f"the experiment of {measured} measured a kappa of {coefficient(record.kappa)} for {who} with a lower bound of"
            f" {coefficient(record.kappa_low)}, below the floor of {coefficient(gate.floor)}"
        )
    if record.invalid_share > MAX_INVALID_SHARE:
        return f"in the experiment of {measured}, {percent(record.invalid_share)} of the rows for {who} had no label"
    return ""


def is_simulated(model: str) -> bool:
    """Whether a model is the simulator's, by its name. Its measurements do not count for real models."""
    return model.startswith("simulated")

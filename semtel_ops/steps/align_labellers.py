"""The labellers of an alignment, as they are before they answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from semtel_ops.classifiers import load_classifiers
from semtel_ops.endpoints import Endpoint, load_endpoints, load_models
from semtel_ops.endpoints.catalog import EndpointConfig, EndpointsFile, ResolveConnection
from semtel_ops.errors import ConfigError
from semtel_ops.labellers import Labellers
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import load_yaml
from semtel_ops.steps.align_request import AlignRequest
from semtel_ops.store.labeller_ledger import LabellerLedger
from semtel_ops.store.ledger import Ledger


class PlannedLabeller(BaseModel):
    """A labeller of an alignment, as it is before it answers.

    Attributes:
        role: incumbent or candidate.
        name: of its entry in endpoints.yaml.
        prompts: folder of its prompt files.
        fingerprints, versions: of the prompt of each classifier.
        strategy: fingerprint of how requests are shared and conversations shortened.
        seeds: of its repeats; None: that of the configuration.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    role: Literal["incumbent", "candidate"]
    name: str
    model: str
    reasoning_effort: str | None
    prompts: str
    fingerprints: dict[str, str]
    versions: dict[str, str]
    strategy: str
    seeds: tuple[int | None, int]

    @property
    def title(self) -> str:
        return f"{self.role} {self.name}"


def planned_labellers(
    base: RunPlan, asked: AlignRequest, incumbent: str, resolve_connection: ResolveConnection | None
) -> list[PlannedLabeller]:
    """The incumbent and the candidates of a request.

    Args:
        base: with the configuration that they are asked with.

    Raises:
        ConfigError: an entry is not in endpoints.yaml or does not offer the lane, or a prompt file is wrong.
    """
    models = load_models(base.include_path / "config" / "models.yaml")
    entries: Sequence[EndpointConfig] = load_yaml(base.endpoints, EndpointsFile).endpoints
    known = {entry.name: entry for entry in entries}
    for field, name in [("incumbent", incumbent), *(("candidate", name) for name in asked.candidates)]:
        if name not in known:
            raise ConfigError(field, name, f"is no entry of {base.endpoints}; it has {', '.join(sorted(known))}")
        if asked.lane not in known[name].lanes:
            offered = ", ".join(known[name].lanes)
            raise ConfigError("lane", asked.lane.value, f"is not offered by endpoint {name}, which offers {offered}")
    if len(set(asked.candidates)) < len(asked.candidates):
        raise ConfigError("candidate", list(asked.candidates), "must name each entry once")
    endpoints = {one.name: one for one in load_endpoints(base.endpoints, models=models, resolve_connection=resolve_connection)}
    own = str(base.prompts)
    first = _labeller(base, "incumbent", endpoints[incumbent], own)
    others = [
        _labeller(base, "candidate", endpoints[name], asked.candidate_prompts or asked.prompts or own)
        for name in asked.candidates
    ]
    return [first, *(_with_seeds(each, first) for each in others)]


def _labeller(base: RunPlan, role: Literal["incumbent", "candidate"], endpoint: Endpoint, prompts: str) -> PlannedLabeller:
    specs = load_classifiers(Path(prompts), base.classifiers)
    labellers = Labellers(specs, base.config.strategy, base.config.tokens, Path(prompts))
    known = {spec.id: labellers.of(spec.id, endpoint.model, reasoning_effort=endpoint.reasoning_effort) for spec in specs}
    return PlannedLabeller(
        role=role,
        name=endpoint.name,
        model=endpoint.model,
        reasoning_effort=endpoint.reasoning_effort,
        prompts=prompts,
        fingerprints={name: each.prompts for name, each in known.items()},
        versions={spec.id: spec.version for spec in specs},
        strategy=next(iter(known.values())).strategy,
        seeds=(None, (base.config.strategy.seed or 0) + 1),
    )


def _with_seeds(candidate: PlannedLabeller, incumbent: PlannedLabeller) -> PlannedLabeller:
    """A candidate that sends the incumbent's requests would get its replies, and never differ: it is asked with other seeds."""
    sent = (candidate.model, candidate.reasoning_effort, set(candidate.fingerprints.items()))
    same = sent[:2] == (incumbent.model, incumbent.reasoning_effort) and sent[2] & set(incumbent.fingerprints.items())
    after = incumbent.seeds[1]
    return candidate.model_copy(update={"seeds": (after + 1, after + 2)}) if same else candidate


def who_labelled(base: RunPlan, week: str, ledger: Ledger) -> str:
    """The entry of endpoints.yaml with the model that labelled most of a week."""
    weights: dict[str, float] = {}
    for row in LabellerLedger(ledger).of_weeks([week]):
        if row.classifier in base.classifiers:
            weights[row.model] = weights.get(row.model, 0.0) + row.weight
    entries = load_yaml(base.endpoints, EndpointsFile).endpoints
    for model in sorted(weights, key=lambda name: (-weights[name], name)):
        for entry in entries:
            if entry.model == model:
                return entry.name
    if not weights:
        raise ConfigError("incumbent", None, f"must name an entry of {base.endpoints}: nobody knows who labelled week {week}")
    model = max(sorted(weights), key=lambda name: weights[name])
    fix = f"no entry of {base.endpoints} asks it any more; add one under another name"
    raise ConfigError("incumbent", model, f"labelled week {week}, and {fix}")

"""Classifiers, endpoints and ledger of a run, and the external resources of a step."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.endpoints import Endpoint, load_endpoints, load_models
from semtel_ops.endpoints.batch_client import MakeBatchClient
from semtel_ops.endpoints.catalog import EndpointConfig, EndpointsFile, KnownModel, ResolveConnection, known_model, reasoning_of
from semtel_ops.endpoints.client import MakeChatClient
from semtel_ops.endpoints.factory import batch_client, chat_client
from semtel_ops.endpoints.model import AskedModel
from semtel_ops.endpoints.reasoning import Reasoning
from semtel_ops.errors import ConfigError
from semtel_ops.runs.metrics import Metrics, NoMetrics
from semtel_ops.runs.plan import HeldModel, RunPlan
from semtel_ops.runs.progress import LogProgress, Progress
from semtel_ops.settings import Settings, load_yaml
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_outage import PATIENT, Patience
from semtel_ops.store.published_state import settle_publications
from semtel_ops.store.rooted import same_root
from semtel_ops.words import ReasoningEffort


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Resources outside the run's folder that steps use to call models. The defaults suit a shell.

    Attributes:
        resolve_connection: looks up `conn_id` of endpoints.yaml; None if only keys in the environment are available.
        progress: displays progress.
        metrics: where counters and gauges go.
        clock: reads the time and sleeps.
        make_chat_client, make_batch_client: open a client for an endpoint; by default that of its kind.
    """

    resolve_connection: ResolveConnection | None = None
    progress: Progress = field(default_factory=LogProgress)
    metrics: Metrics = field(default_factory=NoMetrics)
    clock: Clock = field(default_factory=SystemClock)
    make_chat_client: MakeChatClient = chat_client
    make_batch_client: MakeBatchClient = batch_client


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run with its classifiers and endpoints, read once per task."""

    plan: RunPlan
    specs: tuple[ClassifierSpec, ...]
    endpoints: tuple[Endpoint, ...]

    @property
    def models(self) -> list[AskedModel]:
        """The models, as they are asked, whose stored replies may be reused, one per endpoint."""
        return [endpoint.asked for endpoint in self.endpoints]


def open_run(url: str, resources: Resources) -> OpenRun:
    """Read a run's plan, prompts and endpoints.

    Raises:
        StoreError: there is no such run.
        ConfigError: its prompts or endpoints are no longer valid.
    """
    plan = RunPlan.load(url)
    return OpenRun(plan, classifiers_of(plan), endpoints_of(plan, resources.resolve_connection))


def endpoints_of(plan: RunPlan, resolve_connection: ResolveConnection | None = None) -> tuple[Endpoint, ...]:
    """The endpoints of a run with their keys, and default prices for known models."""
    models = load_models(plan.include_path / "config" / "models.yaml")
    endpoints = load_endpoints(plan.endpoints, models=models, resolve_connection=resolve_connection)
    used = tuple(endpoint for endpoint in endpoints if plan.uses(endpoint))
    if not plan.held:
        return used
    entries = {entry.name: entry for entry in load_yaml(plan.endpoints, EndpointsFile).endpoints}
    return tuple(
        with_model(endpoint, entries[endpoint.name], held, models) if (held := plan.held.get(endpoint.name)) else endpoint
        for endpoint in used
    )


def with_model(endpoint: Endpoint, entry: EndpointConfig, held: HeldModel, models: Mapping[str, KnownModel]) -> Endpoint:
    """An endpoint with the model that it is held to.

    Args:
        entry: of endpoints.yaml. Its price stays where models.yaml has none for that model.
    """
    known = known_model(models, held.model)
    price = endpoint.price if known is None else known.price
    return replace(endpoint, model=held.model, reasoning=_held_reasoning(entry, held, models), price=price)


def _held_reasoning(entry: EndpointConfig, held: HeldModel, models: Mapping[str, KnownModel]) -> Reasoning:
    own = entry.model_copy(update={"model": held.model})
    return Reasoning(cast("ReasoningEffort | None", held.reasoning_effort), reasoning_of(own, models).headroom)


def asked_models(plan: RunPlan) -> list[AskedModel]:
    """The models of a run as its endpoints ask them, each once; needs no keys and no connections."""
    models = load_models(plan.include_path / "config" / "models.yaml")
    entries = [entry for entry in load_yaml(plan.endpoints, EndpointsFile).endpoints if plan.uses(entry)]
    asked = {
        AskedModel(held.model, _held_reasoning(entry, held, models))
        if (held := plan.held.get(entry.name))
        else AskedModel(entry.model, reasoning_of(entry, models))
        for entry in entries
    }
    return sorted(asked, key=repr)


def classifiers_of(plan: RunPlan) -> tuple[ClassifierSpec, ...]:
    """The classifiers of a run, with the seed of its strategy if it has one."""
    specs = load_classifiers(plan.prompts, plan.classifiers)
    seed = plan.config.strategy.seed
    return specs if seed is None else tuple(replace(spec, seed=seed) for spec in specs)


def ledger_of_environment(patience: Patience = PATIENT) -> Ledger:
    """The ledger that DATABASE_URL names; close it, or use it as a context manager.

    Args:
        patience: as in `open_settled`.
    """
    return open_settled(Settings.from_env(), patience)


def open_settled(settings: Settings, patience: Patience = PATIENT) -> Ledger:
    """The ledger of these settings, after publications of their lake that were killed are completed or discarded.

    Args:
        settings: of the database and the lake.
        patience: how long opening it, and each transaction, waits for a database that does not answer.
    """
    ledger = open_ledger(settings.database_url.get_secret_value(), opening=patience, patience=patience)
    try:
        settle_publications(Lake(settings.lake), ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger


def ledger_of(plan: RunPlan) -> Ledger:
    """The ledger of the run's jobs and lanes: the shared ledger, or for a run outside it a SQLite file in its lake."""
    if plan.ledger:
        settings = Settings.from_env()
        if "lake" in settings.model_fields_set and not same_root(plan.lake, settings.lake):
            raise ConfigError(
                "SEMTEL_LAKE",
                settings.lake,
                f"is not the lake of run {plan.run_id}, {plan.lake}: the ledger would record a run of another lake; "
                "set SEMTEL_LAKE to the lake of the run, and DATABASE_URL to its ledger",
            )
        return _of_lake(open_settled(settings.model_copy(update={"lake": plan.lake})), plan)
    if "://" in plan.lake:
        raise ConfigError(
            "out", plan.lake, "must be a local folder for the batch lane, which stores its jobs in a SQLite file there"
        )
    upgrade_with = f"semtel ledger upgrade --out {Path(plan.lake).parent}"
    return _of_lake(open_ledger(f"sqlite:///{plan.lake}/batch.db", upgrade_with=upgrade_with), plan)


def _of_lake(ledger: Ledger, plan: RunPlan) -> Ledger:
    ledger.lake = plan.lake
    return ledger


def has_ledger(plan: RunPlan) -> bool:
    """Whether the run has a ledger: a run without a choice of lanes creates none."""
    return plan.ledger or ("://" not in plan.lake and Path(plan.lake, "batch.db").exists())

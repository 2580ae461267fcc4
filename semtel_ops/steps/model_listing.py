"""The daily look at models: endpoints are asked when their model shuts down, and a person is told 90, 30 and 7 days before.

An endpoint is asked at most once a day, with one free request. One that does not answer is asked again by the next look; until
then what it last said counts. Doing it twice changes nothing.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from semtel_ops.alerts.build import Place
from semtel_ops.alerts.context import AlertContext
from semtel_ops.alerts.model import Alert
from semtel_ops.alerts.models import MODELS_RUN, align_command, model_retires
from semtel_ops.conversations.scrub import scrub_message
from semtel_ops.endpoints import Endpoint, load_endpoints, load_models
from semtel_ops.endpoints.catalog import EndpointsFile, KnownModel, known_model
from semtel_ops.endpoints.model import NamedEndpoint
from semtel_ops.endpoints.model_list import ListedModel, ask_models
from semtel_ops.endpoints.retirement import Retirement, entry_of, retirements
from semtel_ops.errors import EndpointError
from semtel_ops.runs.resources import Resources, open_settled
from semtel_ops.settings import AlertKind, PipelineConfig, Settings, load_yaml, pipeline_of
from semtel_ops.steps.alert import raise_all, send_pending
from semtel_ops.store.alert_ledger import AlertLedger
from semtel_ops.store.model_ledger import ModelLedger, ModelListing

log = logging.getLogger(__name__)

_NEW = "NEW"
"""Stands in a command for an endpoint that is still to be added."""


def look_at_models(
    *, settings: Settings, resources: Resources | None = None, alerts: AlertContext | None = None
) -> dict[str, Any]:
    """Ask endpoints for their lists of models, record what they say, and raise an alert for models that retire.

    Returns:
        `asked`: endpoints that were asked now; `failed`: those that did not answer; `retiring`: models with a known last day;
        `raised`: keys of new alerts; `resolved`: of those whose endpoint asks another model now.

    Raises:
        ConfigError: endpoints.yaml or models.yaml is wrong.
    """
    resources, context = resources or Resources(), alerts or AlertContext()
    config = pipeline_of(settings)
    models = load_models(Path(settings.include) / "config" / "models.yaml")
    endpoints = load_endpoints(settings.endpoints_path, models=models, resolve_connection=resources.resolve_connection)
    at = datetime.fromtimestamp(resources.clock.now(), UTC)
    with open_settled(settings) as ledger:
        listings = {listing.endpoint: listing for listing in ModelLedger(ledger).listings()}
        due = [endpoint for endpoint in endpoints if _is_due(endpoint, listings.get(endpoint.name), at.date())]
        said, failed = _ask(due, resources)
        new = [_listing(endpoint, said[endpoint.name], models, at.date()) for endpoint in due if endpoint.name in said]
        ModelLedger(ledger).save_listings(new)
        listings |= {listing.endpoint: listing for listing in new}
        found = retirements(endpoints, models, _as_listed(endpoints, listings), at.date())
        place = context.place(config.alerts)
        current = [
            _alert(each, endpoints, config, str(settings.endpoints_path), place, at)
            for each in found
            if each.notice_days is not None
        ]
        alert_ledger = AlertLedger(ledger)
        raised = raise_all(alert_ledger, current)
        resolved = _resolve(alert_ledger, current, at)
        send_pending(alert_ledger, context.open_channels(config.alerts), clock=resources.clock)
    return {
        "asked": sorted(said),
        "failed": failed,
        "retiring": [_as_json(each) for each in found],
        "raised": raised,
        "resolved": resolved,
    }


def known_retirements(settings: Settings, listings: Sequence[ModelListing], today: date) -> list[Retirement]:
    """The models of endpoints.yaml whose last day is known, by the ledger and models.yaml; asks nobody."""
    models = load_models(Path(settings.include) / "config" / "models.yaml")
    endpoints = load_yaml(settings.endpoints_path, EndpointsFile).endpoints
    return retirements(endpoints, models, _as_listed(endpoints, {each.endpoint: each for each in listings}), today)


def _is_due(endpoint: Endpoint, last: ModelListing | None, today: date) -> bool:
    return last is None or last.asked_on != today or last.model != endpoint.model


def _ask(endpoints: Sequence[Endpoint], resources: Resources) -> tuple[dict[str, Sequence[ListedModel]], list[str]]:
    said: dict[str, Sequence[ListedModel]] = {}
    failed = []
    for endpoint in endpoints:
        try:
            said[endpoint.name] = ask_models(endpoint, resources.make_chat_client)
        except EndpointError as error:
            failed.append(endpoint.name)
            log.warning("endpoint %s was not asked when its model shuts down: %s", endpoint.name, scrub_message(str(error)))
    return said, failed


def _listing(endpoint: Endpoint, listed: Sequence[ListedModel], models: Mapping[str, KnownModel], today: date) -> ModelListing:
    """What is known of the endpoint's model after it was asked."""
    own, known = entry_of(listed, endpoint.model), known_model(models, endpoint.model)
    if own is not None and own.says:
        return ModelListing(endpoint.name, endpoint.model, own.shutdown_date, "endpoint", today)
    day = None if known is None else known.retires
    return ModelListing(endpoint.name, endpoint.model, day, "none" if day is None else "models.yaml", today)


def _as_listed(endpoints: Iterable[NamedEndpoint], listings: Mapping[str, ModelListing]) -> dict[str, list[ListedModel]]:
    return {
        endpoint.name: [_listed(listings[endpoint.name])]
        for endpoint in endpoints
        if endpoint.name in listings and listings[endpoint.name].model == endpoint.model
    }


def _listed(listing: ModelListing) -> ListedModel:
    says = listing.source == "endpoint"
    return ListedModel(listing.model, listing.shutdown_date if says else None, says=says)


def _alert(
    retirement: Retirement, endpoints: Sequence[Endpoint], config: PipelineConfig, path: str, place: Place, at: datetime
) -> Alert:
    candidate = _candidate(retirement, endpoints)
    align = align_command(config.source.paths, retirement.endpoint, candidate or _NEW, config.classifiers, endpoints=path)
    return model_retires(retirement, candidate=candidate, classifiers=config.classifiers, align=align, place=place, at=at)


def _candidate(retirement: Retirement, endpoints: Sequence[Endpoint]) -> str | None:
    """The endpoint that already asks the recommended model."""
    return next((endpoint.name for endpoint in endpoints if endpoint.model == retirement.successor), None)


def _resolve(alert_ledger: AlertLedger, current: Sequence[Alert], at: datetime) -> list[str]:
    """Resolve notices that a later one has replaced, and those of models that are no longer asked."""
    still = {alert.key for alert in current}
    over = [
        row.key
        for row in alert_ledger.alerts("", run_id=MODELS_RUN, state="open")
        if row.kind == AlertKind.MODEL_RETIRES and row.key not in still
    ]
    newer = {key.rpartition(":")[0] for key in still}
    for key in over:
        replaced = key.rpartition(":")[0] in newer
        reason = "a later notice has replaced this one" if replaced else "the model is no longer asked, or no longer retires"
        alert_ledger.resolve("", [(MODELS_RUN, key)], at=at, resolution=reason)
    return over


def _as_json(retirement: Retirement) -> dict[str, Any]:
    return {
        "endpoint": retirement.endpoint,
        "model": retirement.model,
        "date": retirement.date.isoformat(),
        "days_left": retirement.days_left,
        "source": retirement.source,
        "successor": retirement.successor,
    }

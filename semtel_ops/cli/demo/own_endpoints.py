"""The endpoints that a person gives the demo instead of the simulator: tested before anything is started."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from semtel_ops.errors import ConfigError, SemtelError
from semtel_ops.humanize import money
from semtel_ops.settings import load_yaml

DEFAULT_BUDGET_USD = 1.0
"""Spending limit of a week unless another is given; applies where the price of every endpoint is known."""

DEFAULT_SAMPLE = 25
"""Conversations of a week unless another number is given: a model on a laptop answers about one request a second."""

_PROBE_TIMEOUT_S = 60.0  # a local server may load the model first
_OPTION = "--endpoints"


@dataclass(frozen=True, slots=True)
class OwnEndpoints:
    """A checked endpoints.yaml.

    Attributes:
        file: absolute path.
        places: each endpoint as "name: model at host".
        key_variables: environment variables with keys, which the tasks need.
        budget_usd: spending limit of a week; None if nothing is charged, or a price is unknown.
        unpriced: names of the endpoints whose price is unknown.
    """

    file: Path
    places: tuple[str, ...]
    key_variables: frozenset[str]
    budget_usd: float | None
    unpriced: tuple[str, ...] = ()

    @property
    def spending(self) -> str:
        """What may be charged, in one sentence."""
        if self.unpriced:
            return (
                f"No price is known for {', '.join(self.unpriced)}, so cost is neither shown nor limited;"
                f" give `price` in {self.file.name}, with zeros for a model of your own."
            )
        if self.budget_usd is None:
            return "Nothing is charged: all prices are 0."
        return f"At most {money(self.budget_usd)} is spent in a week; --budget-usd sets another limit."


def own_endpoints(
    path: str, *, budget_usd: float | None = None, on_status: Callable[[str], None] = lambda _: None
) -> OwnEndpoints:
    """Read a person's endpoints.yaml and test each endpoint with a free request, or one of a few tokens.

    Args:
        budget_usd: spending limit of a week; None for the default.
        on_status: called with a line of text before each test.

    Raises:
        ConfigError: the file is missing or wrong, a key's variable is not set, or a limit is given where a price is unknown.
        SemtelError: an endpoint did not answer as a run needs it; the message has a line for each.
    """
    from semtel_ops.endpoints.catalog import EndpointsFile, load_endpoints, load_models
    from semtel_ops.endpoints.model import Lane
    from semtel_ops.endpoints.probe import probe
    from semtel_ops.settings.environment import include_folder

    file = Path(path).expanduser().resolve()
    models = load_models(include_folder({}) / "config" / "models.yaml")
    endpoints = load_endpoints(file, models=models)
    configured = load_yaml(file, EndpointsFile).endpoints
    unpriced = tuple(endpoint.name for endpoint in endpoints if endpoint.price is None)
    if budget_usd is not None and unpriced:
        raise ConfigError(
            "--budget-usd", budget_usd, f"needs a price for every endpoint; give `price` for {', '.join(unpriced)}"
        )
    failures = []
    for endpoint in endpoints:
        if set(endpoint.lanes) & {Lane.REALTIME, Lane.FLEX}:  # a deployment that is only for batches refuses any other request
            on_status(f"Testing endpoint {endpoint.name} …")
            result = asyncio.run(probe(endpoint, timeout_s=_PROBE_TIMEOUT_S))
            if not result.ok:
                failures.append(f"endpoint {endpoint.name}: {result.message}")
    if failures:
        raise SemtelError("\n".join([f"{_OPTION} {path}: nothing was started", *failures]))
    charged = any(
        endpoint.price and endpoint.price.input_per_million + endpoint.price.output_per_million for endpoint in endpoints
    )
    return OwnEndpoints(
        file=file,
        places=tuple(
            f"{endpoint.name}: {endpoint.model} at {urlsplit(endpoint.base_url).netloc.rpartition('@')[2]}"
            for endpoint in endpoints
        ),
        key_variables=frozenset(entry.api_key_env for entry in configured if entry.api_key_env),
        budget_usd=None if unpriced or not charged else budget_usd or DEFAULT_BUDGET_USD,
        unpriced=unpriced,
    )

"""From an endpoint to its clients: the list of kinds, and the only place that knows which adapter a kind has."""

from collections.abc import Mapping

from semtel_ops.endpoints.batch_client import BatchClient
from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.kind import BatchSupport, EndpointKind
from semtel_ops.endpoints.kinds.azure import AZURE
from semtel_ops.endpoints.kinds.openai import OPENAI
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.errors import ConfigError

KINDS: Mapping[str, EndpointKind] = {kind.name: kind for kind in (OPENAI, AZURE)}
"""Every kind of endpoint by name; add new kinds here."""

DEFAULT_KIND = OPENAI.name
"""Kind of entries in endpoints.yaml that name none."""


def kind_of(endpoint: Endpoint) -> EndpointKind:
    """The kind of an endpoint.

    Raises:
        ConfigError: there is no such kind.
    """
    try:
        return KINDS[endpoint.kind]
    except KeyError:
        raise ConfigError(
            f"endpoint {endpoint.name}: kind", endpoint.kind, f"is not a kind of endpoint; known: {', '.join(sorted(KINDS))}"
        ) from None


def chat_client(endpoint: Endpoint) -> ChatClient:
    """A client that asks an endpoint now. Call it inside a running event loop, and close what it returns."""
    return kind_of(endpoint).chat(endpoint)


def batch_client(endpoint: Endpoint) -> BatchClient:
    """A client for an endpoint's files and jobs; close it.

    Raises:
        ConfigError: its kind has no batch lane.
    """
    return batch_support(endpoint).client(endpoint)


def batch_support(endpoint: Endpoint) -> BatchSupport:
    """How the batch lane of an endpoint works.

    Raises:
        ConfigError: its kind has no batch lane.
    """
    kind = kind_of(endpoint)
    if kind.batch is None:
        raise ConfigError(
            f"endpoint {endpoint.name}: lanes", endpoint.lanes, f"must not include batch: kind {kind.name} does not support it"
        )
    return kind.batch

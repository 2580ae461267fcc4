"""The kinds of endpoint, and clients by kind; the only place that maps kinds to adapters."""

from collections.abc import Mapping

from semtel_ops.endpoints.batch_client import BatchClient
from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.kind import BatchSupport, EndpointKind
from semtel_ops.endpoints.kinds.azure import AZURE
from semtel_ops.endpoints.kinds.openai import OPENAI
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.errors import ConfigError

KINDS: Mapping[str, EndpointKind] = {
    kind.name: kind
    for kind in (
        OPENAI,
        AZURE,
    )
}
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
    """Create a client for the realtime and flex lanes, inside a running event loop; close it after use."""
    return kind_of(endpoint).chat(endpoint)


def batch_client(endpoint: Endpoint) -> BatchClient:
    """Create a client for files and batch jobs; close it after use.

    Raises:
        ConfigError: this kind of endpoint has no batch lane.
    """
    return batch_support(endpoint).client(endpoint)


def batch_support(endpoint: Endpoint) -> BatchSupport:
    """The batch lane of an endpoint's kind.

    Raises:
        ConfigError: this kind of endpoint has no batch lane.
    """
    kind = kind_of(endpoint)
    if kind.batch is None:
        raise ConfigError(
            f"endpoint {endpoint.name}: lanes", endpoint.lanes, f"must not include batch: kind {kind.name} does not support it"
        )
    return kind.batch

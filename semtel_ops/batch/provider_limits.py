"""What providers allow in one batch file, by kind of endpoint."""

from dataclasses import dataclass

from semtel_ops.endpoints import Endpoint

CHAT_LINE_URL = "/v1/chat/completions"
"""The url of every line: Azure drops /v1 where a job is created, not in its lines."""


@dataclass(frozen=True, slots=True)
class ProviderLimits:
    """Ceilings of one input file.

    Attributes:
        max_bytes: decimal megabytes are meant by «200 MB»; a little less, since a file just over it is refused whole.
    """

    max_requests: int
    max_bytes: int


_MOST_BYTES = 199_000_000

# OpenAI: platform docs «Batch», limits of a file. Azure: «global batch», limits; a model's own deployment is one file's model.
_PROFILES = {"openai": ProviderLimits(50_000, _MOST_BYTES), "azure": ProviderLimits(100_000, _MOST_BYTES)}


def limits_of_provider(endpoint: Endpoint) -> ProviderLimits:
    return _PROFILES[endpoint.kind]


def line_model(endpoint: Endpoint) -> str:
    """What lines name as their model: on Azure the deployment."""
    return endpoint.deployment or endpoint.model


def queue_of(endpoint: Endpoint) -> str:
    """Whose enqueued-token limit a job counts against: one account's address and one deployment or model."""
    return f"{endpoint.base_url} {line_model(endpoint)}"

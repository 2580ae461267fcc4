"""Azure OpenAI: deployments instead of models, keys or Entra ID, and a variant of the files and batches API."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from semtel_ops.endpoints import entra
from semtel_ops.endpoints.batch_client import BatchClient
from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.kind import BatchSupport, EndpointKind
from semtel_ops.endpoints.model import Endpoint, KindOptions, Lane, MissingRequirement
from semtel_ops.endpoints.openai_lines import OpenAILines


class AzureOptions(KindOptions):
    """Which deployment is called, by which version of the API, and as whom."""

    deployment: Annotated[str, Field(min_length=1)] = Field(examples=["gpt-6-luna-weekly"])
    """Name of the deployment."""
    api_version: Annotated[str, Field(min_length=1)] = Field(examples=["2024-10-21"])
    """Version of the API."""
    auth: Annotated[Literal["key", "entra"], Field(repr=False)] = "key"
    """`key`: the API key. `entra`: the identity of the machine, installed with `pip install 'semtel-ops[azure]'`."""

    @field_validator("api_version", mode="before")
    @classmethod
    def _spell(cls, version: object) -> object:
        """YAML reads 2024-10-21 without quotes as a date."""
        return version.isoformat() if isinstance(version, date) else version

    @property
    def needs_key(self) -> bool:
        return self.auth == "key"

    def missing_requirement(self) -> MissingRequirement | None:
        if self.auth == "entra" and not entra.is_installed():
            return MissingRequirement("auth", self.auth, entra.MISSING)
        return None


def make_chat_client(endpoint: Endpoint) -> ChatClient:
    from semtel_ops.endpoints.openai_chat import OpenAIChatClient

    tokens = _tokens(endpoint)
    # Only the v1 API, which needs no version, says when a model shuts down.
    models_url = f"{_resource(endpoint)}/openai/v1/models"
    return OpenAIChatClient(endpoint, url=chat_url(endpoint), models_url=models_url, key_headers=_key_headers, tokens=tokens)


def _key_headers(key: str) -> dict[str, str]:
    return {"api-key": key}


def chat_url(endpoint: Endpoint) -> str:
    """The URL of chat completions: the deployment is in the path, the API version in the query."""
    options = AzureOptions.of(endpoint)
    return f"{_resource(endpoint)}/openai/deployments/{options.deployment}/chat/completions?api-version={options.api_version}"


def make_batch_client(endpoint: Endpoint) -> BatchClient:
    from semtel_ops.endpoints.openai_batch import BatchApiVariant, OpenAIBatchClient

    variant = BatchApiVariant(
        # Without the /v1 that the URLs in lines have.
        job_path="/chat/completions",
        # With files that expire, a resource may hold 10,000 of them; without, 500.
        upload={"expires_after": {"anchor": "created_at", "seconds": 14 * 86_400}},
        # Azure does not know the parameters limit and order.
        list_files={"purpose": "batch"},
    )
    tokens = _tokens(endpoint)
    return OpenAIBatchClient(endpoint, make_sdk=partial(_make_sdk, tokens=tokens), variant=variant, tokens=tokens)


def _make_sdk(endpoint: Endpoint, *, tokens: entra.TokenSource | None, **common: Any) -> Any:
    import openai

    identity: dict[str, Any] = (
        {"api_key": endpoint.api_key or "none"} if tokens is None else {"azure_ad_token_provider": tokens.token}
    )
    # Not AzureOpenAI(azure_deployment=…): files and batches belong to the resource, not to a deployment.
    return openai.AzureOpenAI(
        azure_endpoint=_resource(endpoint), api_version=AzureOptions.of(endpoint).api_version, **identity, **common
    )


def _tokens(endpoint: Endpoint) -> entra.TokenSource | None:
    return entra.TokenSource(endpoint.name) if AzureOptions.of(endpoint).auth == "entra" else None


def _resource(endpoint: Endpoint) -> str:
    return endpoint.base_url.removesuffix("/openai")


def _deployment(endpoint: Endpoint) -> str:
    return AzureOptions.of(endpoint).deployment


AZURE = EndpointKind(
    name="azure",
    summary="Azure OpenAI: a deployment of a resource, with a key or an identity of Entra ID",
    lanes=frozenset(Lane),
    chat=make_chat_client,
    # Azure documentation, «Global batch», limits: 100,000 requests and 200 MB a file; a file names one deployment.
    batch=BatchSupport(make_batch_client, OpenAILines(), max_requests=100_000, max_bytes=199_000_000, model=_deployment),
    options=AzureOptions,
)

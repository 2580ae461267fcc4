"""Tests an endpoint with a free request, or a request of a few tokens, and explains the result in one line."""

from typing import NamedTuple
from urllib.parse import urlsplit

from semtel_ops.endpoints.client import ChatClient
from semtel_ops.endpoints.factory import chat_client
from semtel_ops.endpoints.kinds.openai import OPENAI
from semtel_ops.endpoints.model import ChatRequest, Endpoint, RequestFrame
from semtel_ops.endpoints.openai_chat import OpenAIChatClient
from semtel_ops.errors import EndpointError, EndpointErrorKind

ANY_MODEL = "*"
"""Placeholder for the model when only the connection is tested."""

_FEW_TOKENS = 16
"""Enough for one word, and the minimum that some models accept."""

_WHOLE_URL = "check that the base URL is complete (it often ends in /v1)"


class ProbeResult(NamedTuple):
    """Whether a run could use the endpoint, and a one-line explanation, which never contains the key."""

    ok: bool
    message: str


async def probe(endpoint: Endpoint, *, timeout_s: float = 10.0) -> ProbeResult:
    """Test an endpoint; never raises EndpointError.

    Looks the model up in the endpoint's list of models, which is free. If there is no list or it lacks the model, requests one
    word. Azure is always asked for a word: its lists name models, not deployments. With `ANY_MODEL`, any list will do.
    """
    client = chat_client(endpoint)
    try:
        if isinstance(client, OpenAIChatClient) and endpoint.kind == OPENAI.name:
            result = await _look_up(client, timeout_s)
        else:
            result = await _ask(client, timeout_s)
    except EndpointError as error:
        result = _explain(error, endpoint)
    finally:
        await client.aclose()
    return result._replace(message=_without_key(result.message, endpoint.api_key))


async def _look_up(client: OpenAIChatClient, timeout_s: float) -> ProbeResult:
    endpoint = client.endpoint
    try:
        models = await client.models(timeout_s=timeout_s)
    except EndpointError as error:
        if error.status not in {404, 405}:
            raise
        if endpoint.model == ANY_MODEL:
            return ProbeResult(False, f"{_place(endpoint)} does not list its models; {_WHOLE_URL}, or enter a model")
        return await _ask(client, timeout_s)
    if endpoint.model == ANY_MODEL:
        return ProbeResult(True, f"{_place(endpoint)} answers; models: {_few(models)}")
    if endpoint.model not in models:
        return await _ask(client, timeout_s)  # gateways accept names that they do not list
    return ProbeResult(True, f"{_place(endpoint)} answers and offers {endpoint.model}")


async def _ask(client: ChatClient, timeout_s: float) -> ProbeResult:
    frame = RequestFrame((), schema_name="probe", schema=None, max_output_tokens=_FEW_TOKENS, temperature=None)
    reply = await client.ask(ChatRequest(frame, "Answer with the word ready."), timeout_s=timeout_s)
    return ProbeResult(True, f"{_place(client.endpoint)} answers with model {reply.model or client.endpoint.model}")


def _explain(error: EndpointError, endpoint: Endpoint) -> ProbeResult:
    place, key = _place(endpoint), endpoint.api_key
    wanted = f"model {endpoint.model!r}" if endpoint.kind == OPENAI.name else "deployment of that name"
    if error.kind in {EndpointErrorKind.RATE_LIMITED, EndpointErrorKind.OVERLOADED}:
        return ProbeResult(True, f"{place} answers, but its rate limit is reached (HTTP {error.status})")
    if error.kind is EndpointErrorKind.MALFORMED:
        return ProbeResult(False, f"{place} answers, but not as an OpenAI-compatible API; {_WHOLE_URL}")
    # Not the provider's own text: some providers quote a part of the key.
    texts = {
        400: "does not accept the API key or the account",
        401: "does not accept the API key" if key else "needs an API key",
        402: "reports that the account has no credit",
        403: "does not allow this API key to use the model" if key else "needs an API key",
        404: f"has no {wanted}",
        429: "reports that the account's quota is exhausted",
    }
    if error.status in texts and (error.status != 400 or error.kind is EndpointErrorKind.AUTH):
        return ProbeResult(False, f"{place} {texts[error.status]} (HTTP {error.status})")
    detail = str(error).removeprefix(f"{endpoint.name}: ")
    return ProbeResult(False, f"{place}: {detail}")


def _place(endpoint: Endpoint) -> str:
    """The base URL without user, password and query, which may be secret."""
    parts = urlsplit(endpoint.base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3]) or "none"
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _without_key(message: str, key: str | None) -> str:
    line = " ".join(message.split())
    return line.replace(key, "…") if key else line

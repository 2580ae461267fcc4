"""What an endpoint's own list of models says: `GET /models`, with `shutdown_date` where the provider announces one.

One free request, once; who needs the answer asks again another day. Nothing in the list is trusted: an entry that cannot be
read is left out, and a date that is none counts as not said.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol, runtime_checkable

from semtel_ops.endpoints.client import ChatClient, MakeChatClient
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.errors import EndpointError, EndpointErrorKind

TIMEOUT_S: Final = 30.0

_FIELD: Final = "shutdown_date"  # OpenAI, and Azure's v1 API: a date, or null where none is announced
_MOST_MODELS: Final = 10_000
_MOST_CHARS: Final = 200
_EARLIEST, _LATEST = date(2020, 1, 1), date(2100, 1, 1)
_NO_LIST: Final = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model in an endpoint's own list.

    Attributes:
        shutdown_date: None if no date is announced, or the list does not say.
        says: whether the list has a field for the date at all.
    """

    model: str
    shutdown_date: date | None = None
    says: bool = False


@runtime_checkable
class ListsModels(Protocol):
    """A chat client whose endpoint has a list of models."""

    async def list_models(self, *, timeout_s: float) -> tuple[ListedModel, ...]:
        """The list, in its order.

        Raises:
            EndpointError: no list; endpoints without a list answer with status 404 or 405.
        """
        ...


def ask_models(
    endpoint: Endpoint, make_chat_client: MakeChatClient, *, timeout_s: float = TIMEOUT_S
) -> tuple[ListedModel, ...]:
    """The models that an endpoint lists; empty if it has no list. One request; opens and closes its own client.

    Raises:
        EndpointError: the endpoint did not answer, or with something that is not a list.
    """

    async def ask() -> tuple[ListedModel, ...]:
        client: ChatClient = make_chat_client(endpoint)
        try:
            return await client.list_models(timeout_s=timeout_s) if isinstance(client, ListsModels) else ()
        except EndpointError as error:
            if error.status in _NO_LIST:
                return ()
            raise
        finally:
            await client.aclose()

    return asyncio.run(ask())


def read_models(data: Any, name: str) -> tuple[ListedModel, ...]:
    """Read the JSON of a list, at most 10,000 entries. `name`: of the endpoint, for the error.

    Raises:
        EndpointError: the JSON is not a list of models.
    """
    entries = data.get("data") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise EndpointError(f"{name}: the reply is not a list of models", kind=EndpointErrorKind.MALFORMED, status=200)
    read = (_read(entry) for entry in entries[:_MOST_MODELS] if isinstance(entry, dict))
    return tuple(model for model in read if model is not None)


def _read(entry: Mapping[str, Any]) -> ListedModel | None:
    model = entry.get("id")
    if not isinstance(model, str) or not 0 < len(model) <= _MOST_CHARS or not model.isprintable():
        return None
    if _FIELD not in entry:
        return ListedModel(model)
    value = entry[_FIELD]
    day = _date(value)
    return ListedModel(model, day, says=day is not None or value is None)


def _date(value: Any) -> date | None:
    """A day, as text (YYYY-MM-DD, with or without a time) or in seconds since 1970; None for what cannot be one."""
    try:
        if isinstance(value, str):
            day = date.fromisoformat(value.strip()[:10])
        elif isinstance(value, int | float) and not isinstance(value, bool):
            day = datetime.fromtimestamp(value, UTC).date()
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return day if _EARLIEST <= day < _LATEST else None

"""The reprocess form filled in from its address, which Airflow's own trigger form cannot be: where links in alerts lead.

Opening it starts nothing. Its button triggers the DAG through Airflow's API as the person who is signed in, who needs the same
permission as for Airflow's form. Here: one page. Not here: what the fields mean (`reprocess_form`), where they are checked
(`semtel_ops.steps.reprocess`).
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["FormWhenAsked"]


class FormWhenAsked:
    """The form as an ASGI application that is imported with its first request."""

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        from semtel_airflow.reprocess_page.app import app

        await app(scope, receive, send)

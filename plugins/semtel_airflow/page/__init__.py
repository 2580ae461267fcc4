"""The page in Airflow's UI: `semtel_ops.page` behind Airflow's login.

Here: routes, who may ask for what, and the files a browser gets. Not here: any query or figure (`semtel_ops.page`).
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

__all__ = ["PageWhenAsked", "page_views"]


class PageWhenAsked:
    """The page as an ASGI application that is imported with its first request: schedulers and workers never need it."""

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        from semtel_airflow.page.app import app

        await app(scope, receive, send)


def page_views() -> list[dict[str, str]]:
    """The entry in Airflow's navigation; an Airflow that is served below a path has its page below that too."""
    from airflow.configuration import conf

    below = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return [
        {
            "name": "Semantic telemetry",
            "href": f"{below}/semtel/page",
            "destination": "nav",
            "category": "browse",
            "url_route": "semtel",
            "icon": f"{below}/semtel/static/icon.svg",
        }
    ]

"""The page in Airflow's UI: `semtel_ops.page` behind Airflow's login.

Here: routes, who may ask for what, and the files a browser gets. Not here: any query or figure (`semtel_ops.page`).
"""

from urllib.parse import urlsplit

__all__ = ["page_views"]


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

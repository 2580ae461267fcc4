"""The page in Airflow's UI: `semtel_ops.page` behind Airflow's login.

Here: routes, permissions, and the files for the browser. Not here: queries and figures (`semtel_ops.page`).
"""

from urllib.parse import urlsplit

__all__ = ["page_views"]


def page_views() -> list[dict[str, str]]:
    """The entries in Airflow's navigation, below the path at which Airflow is served: this page, and that for labelling."""
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
        },
        {
            "name": "Gold labels",
            "href": f"{below}/semtel-gold/",
            "destination": "nav",
            "category": "browse",
            "url_route": "semtel-gold",
            "icon": f"{below}/semtel/static/icon.svg",
        },
    ]

import sys
from types import SimpleNamespace

from semtel_airflow.lazy_app import LazyApp


async def test_an_application_is_imported_with_its_first_request_and_gets_it_whole(monkeypatch):
    requests = []

    async def app(scope, receive, send):
        requests.append((scope, receive, send))

    lazy = LazyApp("an_application")  # of which there is none yet
    monkeypatch.setitem(sys.modules, "an_application", SimpleNamespace(app=app))
    await lazy({"type": "http"}, "receive", "send")
    assert requests == [({"type": "http"}, "receive", "send")]

"""The labelling page in a process of its own, for a browser: its real routes, ledger and lake; the user is in the address.

    python -m tests.support.gold_server PORT

`http://ada.localhost:PORT/semtel-gold/` is ada, who may read text. Airflow's login is left out: `tests/plugins/test_gold_page.py`
has who gets in.
"""

import sys

import uvicorn
from airflow.api_fastapi.app import init_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from airflow.utils.db import initdb
from fastapi import FastAPI, Request


def served() -> FastAPI:
    initdb()
    init_auth_manager()
    from semtel_airflow.gold_page.app import app

    def user(request: Request) -> SimpleAuthManagerUser:
        return SimpleAuthManagerUser(username=(request.url.hostname or "").partition(".")[0], role="op")

    app.dependency_overrides[get_user] = user
    outer = FastAPI()
    outer.mount("/semtel-gold", app)
    return outer


if __name__ == "__main__":
    uvicorn.run(served(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")

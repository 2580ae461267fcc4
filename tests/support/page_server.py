"""The page in a process of its own, for a browser: its real routes over a ledger and a lake; whoever asks may see everything.

    DATABASE_URL=… SEMTEL_LAKE=… python -m tests.support.page_server PORT

Airflow's login is left out: `tests/plugins/test_page.py` has who gets in.
"""

import sys

import uvicorn
from airflow.api_fastapi.app import init_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api.security import get_user
from airflow.utils.db import initdb
from fastapi import FastAPI


def served() -> FastAPI:
    initdb()
    init_auth_manager()
    from semtel_airflow.page.app import app

    app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username="ada", role="admin")
    outer = FastAPI()
    outer.mount("/semtel", app)
    return outer


if __name__ == "__main__":
    uvicorn.run(served(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")

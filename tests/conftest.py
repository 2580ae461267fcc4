"""What every test is given: an Airflow home of its own, set before anything imports Airflow."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run: a red test is red again. How long one takes depends on who else is using the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# A worker keeps hundreds of thousands of objects, of ten thousand tests and of Airflow. Looking through all of them again and
# again, which the default of 700 new objects leads to, takes a fifth of the time of the collection and a tenth of the tests'.
gc.set_threshold(20_000, 20, 20)

ROOT = Path(__file__).resolve().parent.parent

# pytest-xdist starts each worker with the environment of the first process: a worker must not share its database.
_HOME = Path(tempfile.mkdtemp(prefix="semtel-airflow-"))
os.environ.update(
    {
        "AIRFLOW_HOME": str(_HOME),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__API_AUTH__JWT_SECRET": "of-the-tests-alone-and-long-enough-for-HS512-which-wants-64-bytes",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: while one worker is busy with a long file that came last, the others have nothing to do."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def project_root() -> Path:
    return ROOT


@pytest.fixture(scope="module", autouse=True)
def tables_made_once() -> Iterator[None]:
    """New SQLite ledgers get the tables that the migrations made the first time. A module about the migrations overrides this."""
    from semtel_ops.store import ledger_open
    from tests.support.ledger_tables import make_tables

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_open, "migrate", make_tables)
        yield


@pytest.fixture(scope="session", autouse=True)
def files_parsed_once() -> Iterator[None]:
    from tests.support.parsed_once import parsed_once

    with parsed_once():
        yield


@pytest.fixture(scope="session")
def airflow_database():
    """An empty, migrated metadata database, once for the session."""
    from airflow.utils.db import initdb

    initdb()

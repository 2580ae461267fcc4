"""A password or key that is given to the program is in no error, log line or repr, whatever fails and whoever words the failure."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from semtel_ops.conversations.lake_ids import LakeIds
from semtel_ops.conversations.sources import read_sql
from semtel_ops.endpoints.factory import batch_client, chat_client
from semtel_ops.endpoints.kinds.openai import OpenAIOptions
from semtel_ops.endpoints.model import ChatRequest, Endpoint, Message, RequestFrame
from semtel_ops.errors import SemtelError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import Settings
from semtel_ops.settings.pipeline import SqlSourceConfig
from semtel_ops.store.files import write_json
from semtel_ops.store.ledger_open import open_ledger

KEY = "hunter2-hunter2"
QUOTED = "hunter2%2Dhunter2"
REQUEST = ChatRequest(RequestFrame((Message("system", "s"),), "answer", {"type": "object"}, 10), "text")
TABLE = SqlSourceConfig(url_env="SOURCE_URL", table="chats")


def _endpoint(base_url: str) -> Endpoint:
    return Endpoint(name="east", kind="openai", base_url=base_url, model="m", api_key=KEY, options=OpenAIOptions())


def _chat(base_url: str) -> None:
    async def ask() -> None:
        client = chat_client(_endpoint(base_url))
        try:
            await client.ask(REQUEST, timeout_s=10)
        finally:
            await client.aclose()

    asyncio.run(ask())


def _batch(base_url: str) -> None:
    client = batch_client(_endpoint(base_url))
    try:
        client.retrieve("job")
    finally:
        client.close()


def _plan(folder: Path, **fields: Any) -> None:
    url = f"{folder}/lake/runs/week=2026-W47/run=r1/run.json"
    write_json(url, {"week": "2026-W47", "run_id": "r1", "config": {}, **fields})
    RunPlan.load(url)


FAILS: dict[str, Callable[[Path], object]] = {
    "a source that nobody serves": lambda _: list(read_sql(TABLE, f"postgresql+psycopg://ada:{KEY}@127.0.0.1:1/db")),
    "a quoted password": lambda _: list(read_sql(TABLE, f"postgresql+psycopg://ada:{QUOTED}@127.0.0.1:1/db")),
    "a source whose port is a password": lambda _: list(read_sql(TABLE, f"postgresql://ada@127.0.0.1:{KEY}/db")),
    "a password in a query": lambda _: list(read_sql(TABLE, f"postgresql+psycopg://127.0.0.1:1/db?password={KEY}")),
    "an option that the driver does not know": lambda _: list(read_sql(TABLE, f"postgresql+psycopg://h:1/db?secret={KEY}")),
    "an unknown database": lambda _: list(read_sql(TABLE, f"nosuch://ada:{KEY}@127.0.0.1/db")),
    "no URL": lambda _: list(read_sql(TABLE, KEY)),
    "a ledger that nobody serves": lambda _: open_ledger(f"postgresql+psycopg2://ada:{KEY}@127.0.0.1:1/db"),
    "a ledger with a quoted password": lambda _: open_ledger(f"postgresql+psycopg2://ada:{QUOTED}@127.0.0.1:1/db"),
    "a ledger with a password in a query": lambda _: open_ledger(f"postgresql+psycopg2://127.0.0.1:1/db?password={KEY}"),
    "a ledger whose port is a password": lambda _: open_ledger(f"postgresql://ada@127.0.0.1:{KEY}/db"),
    "a ledger of an unknown kind": lambda _: open_ledger(f"nosuch://ada:{KEY}@127.0.0.1/db"),
    "a ledger that is no URL": lambda _: open_ledger(KEY),
    "an endpoint that nobody serves": lambda _: _chat("http://127.0.0.1:1/v1"),
    "an endpoint with a user": lambda _: _chat(f"http://ada:{KEY}@127.0.0.1:1/v1"),
    "an endpoint with a key in its query": lambda _: _chat(f"http://127.0.0.1:1/v1?key={KEY}"),
    "an endpoint whose port is a key": lambda _: _chat(f"http://127.0.0.1:{KEY}/v1"),
    "a batch endpoint with a user": lambda _: _batch(f"http://ada:{KEY}@127.0.0.1:1/v1"),
    "a batch endpoint with a key in its query": lambda _: _batch(f"http://127.0.0.1:1/v1?key={KEY}"),
    "a plan with a wrong value": lambda folder: _plan(folder, dry_run=KEY),
    "a plan with a field too many": lambda folder: _plan(folder, api_key=KEY),
    "a plan with a wrong configuration": lambda folder: _plan(folder, config={"source": {"paths": {"password": KEY}}}),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILS, ids=lambda name: name.replace(" ", "-"))
def test_what_fails_does_not_say_the_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture, case: str) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Exception) as failed:  # noqa: PT011 - of any kind: what it says is the test
        FAILS[case](tmp_path)
    told = "".join(traceback.format_exception(failed.value)) + caplog.text
    # The lines of this file are quoted by the traceback, and have the name of the secret, not the secret.
    assert KEY not in told
    assert QUOTED not in told
    assert isinstance(failed.value, SemtelError | ValueError), told


@pytest.mark.parametrize(
    "holder",
    [
        _endpoint("http://127.0.0.1:1/v1"),
        LakeIds("hash", KEY.encode()),
        Settings(database_url=sa.URL.create("postgresql", "ada", KEY).render_as_string(hide_password=False)),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_what_holds_a_secret_does_not_show_it(holder: object) -> None:
    assert KEY not in f"{holder!r} {holder}"


def test_the_errors_of_no_document_quote_it() -> None:
    import semtel_ops.steps.experiment_plan
    import semtel_ops.steps.plan
    import semtel_ops.steps.reprocess_request  # noqa: F401

    pending, models = [BaseModel], set[type[BaseModel]]()
    while pending:
        known = pending.pop()
        models.update(new := [each for each in known.__subclasses__() if each.__module__.startswith("semtel_ops.")])
        pending += new
    assert len(models) > 20
    assert [each.__name__ for each in models if not each.model_config.get("hide_input_in_errors")] == []

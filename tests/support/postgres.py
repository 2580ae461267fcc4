"""The PostgreSQL of the tests, and one of a test's own that can be restarted. Tests are skipped where there is none."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from semtel_ops.cli.demo.ports import free_port

POSTGRES = os.environ.get("SEMTEL_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
START_ONE = (
    "no PostgreSQL at 127.0.0.1:5432; start one with "
    "docker run -p 127.0.0.1:5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust -e POSTGRES_DB=test postgres:16, "
    "or name another in SEMTEL_TEST_POSTGRES"
)


@contextmanager
def postgres_schema() -> Iterator[str]:
    """A URL whose tables lie in a schema of their own, which is dropped at the end."""
    import psycopg

    try:
        connection = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=30)
    except psycopg.OperationalError:
        pytest.skip(START_ONE)
    schema = f"semtel_{secrets.token_hex(6)}"
    with connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{POSTGRES}?options={quote(f'-csearch_path={schema}')}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


class PostgresServer:
    """A server of a test's own on 127.0.0.1, which trusts everybody who knows its password-less superuser `postgres`."""

    def __init__(self, binaries: Path, folder: Path, auth: str) -> None:
        self._binaries, self._folder = binaries, folder
        self.port = free_port(18_800)
        self._run(
            "initdb", "--pgdata", folder / "data", "--username=postgres", f"--auth={auth}", "--no-sync", "--encoding=UTF8"
        )
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} -c fsync=off -c shared_buffers=16MB"
        self._control("start", "--options", options, "--log", str(self._folder / "log"))

    def stop(self, mode: str = "immediate") -> None:
        """By default as a crash does: the next start recovers."""
        self._control("stop", "--mode", mode)

    def write(self, name: str, text: str) -> None:
        """Write a file of its configuration."""
        (self._folder / "data" / name).write_text(text, encoding="utf-8")

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "--pgdata", self._folder / "data", "--wait", "--silent", *words)

    def _run(self, program: str, *words: str | Path) -> None:
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        # pg_ctl leaves its server behind with these files open, so they must not be pipes.
        subprocess.run(
            [self._binaries / program, *words],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,
        )


@contextmanager
def postgres_server(*, auth: str = "trust") -> Iterator[PostgresServer]:
    """A new server; skips the test where its programs are not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = folders[-1] if folders else Path(shutil.which("initdb") or "/none").parent
    if not all((found / program).exists() for program in ("initdb", "pg_ctl")):
        pytest.skip("no programs of a PostgreSQL server; apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="semtel-pg-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")  # the server refuses to run as root
        server = PostgresServer(found, Path(folder), auth)
        try:
            yield server
        finally:
            server.stop()

"""What a cluster needs once: two databases with their tables, an administrator, the bucket. Run again, it changes nothing.

After a new release it upgrades both databases.

Reads the environment that docker-compose.yaml gives to every process; the administrator's from ADMIN_USER and ADMIN_PASSWORD.
"""

import os
import subprocess
import sys

import fsspec
import psycopg
from sqlalchemy import make_url

from semtel_ops.store.ledger_upgrade import upgrade_ledger


def main() -> None:
    ledger = os.environ["DATABASE_URL"]
    create_database(ledger)
    print(*upgrade_ledger(ledger).lines(), sep="\n")
    create_bucket(os.environ["SEMTEL_LAKE"])
    airflow("db", "migrate")
    if user := os.environ.get("ADMIN_USER"):
        # Not on the command line, which everybody on the machine can read.
        create_administrator(user, os.environ["ADMIN_PASSWORD"])
    print("ready")


def create_database(url: str) -> None:
    """The database a PostgreSQL URL names; made through the server's own `postgres` database."""
    named = make_url(url)
    server = named.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [named.database]).fetchone() is None:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(named.database or "")))


def create_bucket(lake: str) -> None:
    """The bucket the lake lies in; other kinds of lakes make their folders themselves."""
    files, path = fsspec.core.url_to_fs(lake)
    bucket = path.split("/", 1)[0]
    if lake.startswith("s3://") and not files.exists(bucket):
        files.mkdir(bucket)


def create_administrator(name: str, password: str) -> None:
    """Airflow's first user; one who is there keeps the password they have."""
    from airflow.api_fastapi.app import create_auth_manager
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    create_auth_manager()
    with get_application_builder() as builder:
        users = builder.sm
        if users.find_user(name) is None:
            made = users.add_user(name, "Site", "Administrator", f"{name}@localhost", users.find_role("Admin"), password)
            if not made:
                raise SystemExit(f"{name} could not be made an administrator; the lines above say why")


def airflow(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "airflow", *words], check=True)


if __name__ == "__main__":
    main()

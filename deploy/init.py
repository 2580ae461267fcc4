"""What a cluster needs once: roles, databases with their tables, an administrator, the bucket. Run again, it changes nothing.

After a new release it upgrades both databases; after a change of passwords it sets them.

Reads the environment that docker-compose.yaml gives to every process. With POSTGRES_ADMIN_URL, the roles and databases that
DATABASE_URL and AIRFLOW__DATABASE__SQL_ALCHEMY_CONN name are made: each role owns its database and can reach no other. Without,
somebody else has made them, and only the ledger's database is made if it is missing. Airflow's administrator is made from
ADMIN_USER and ADMIN_PASSWORD.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

import fsspec
import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from semtel_ops.store.ledger_upgrade import upgrade_ledger

READER = "semtel_reader"
READABLE = ("label", "weekly_share", "weekly_slice")
"""What the reader may read: published labels and their shares."""


def main() -> None:
    ledger = os.environ["DATABASE_URL"]
    administrator = os.environ.get("POSTGRES_ADMIN_URL")
    if administrator:
        create_owners(administrator, [make_url(ledger), make_url(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])])
    else:
        create_database(ledger)
    print(*upgrade_ledger(ledger).lines(), sep="\n")
    if administrator and (password := os.environ.get("READER_DB_PASSWORD")):
        create_reader(administrator, make_url(ledger), password)
    create_bucket(os.environ["SEMTEL_LAKE"])
    airflow("db", "migrate")
    if user := os.environ.get("ADMIN_USER"):
        # Not on the command line, which everybody on the machine can read.
        create_administrator(user, os.environ["ADMIN_PASSWORD"])
    print("ready")


def create_owners(administrator: str, databases: Sequence[URL]) -> None:
    """Make the role and the database of each URL, so that each role owns its database and cannot connect to another.

    A database that the administrator filled, as releases before these roles did, is handed over with all that is in it.
    """
    admin = make_url(administrator)
    owners = [(url.username or "", url.password or "", url.database or "") for url in databases]
    names = [admin.username, *(role for role, _, _ in owners)]
    if len(set(names)) < len(names):
        raise SystemExit(f"roles of PostgreSQL: {', '.join(map(str, names))} must differ; give each database a role of its own")
    with connected(admin, "postgres") as connection:
        for role, password, database in owners:
            set_role(connection, role, password)
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
                execute(connection, "CREATE DATABASE {}", database)
            execute(connection, "ALTER DATABASE {} OWNER TO {}", database, role)
        for database in ["postgres", "template1", *(database for _, _, database in owners)]:
            execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    for role, _, database in owners:
        with connected(admin, database) as connection:
            hand_over(connection, role)


def set_role(connection: psycopg.Connection, role: str, password: str) -> None:
    """Make a role that can sign in with this password and has no other right, or make it so."""
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        execute(connection, "CREATE ROLE {}", role)
    # Only its hash is sent, so that the password is in no log of the server.
    secret = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    execute(connection, "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS", role)
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(secret)))


def hand_over(connection: psycopg.Connection, role: str) -> None:
    """Make a role the owner of the database's public schema and of all that is in it, and let nobody else in."""
    execute(connection, "ALTER SCHEMA public OWNER TO {}", role)
    execute(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    # Indexes, sequences and row types follow their table.
    others = connection.execute(
        """
        SELECT 'TABLE', format('%%I.%%I', 'public', relname) FROM pg_class c
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relowner <> %(role)s::regrole
        UNION ALL
        SELECT 'SEQUENCE', format('%%I.%%I', 'public', relname) FROM pg_class c
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND relowner <> %(role)s::regrole
           AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = c.oid AND deptype IN ('a', 'i'))
        UNION ALL
        SELECT 'TYPE', format('%%I.%%I', 'public', typname) FROM pg_type
         WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd') AND typowner <> %(role)s::regrole
        UNION ALL
        SELECT 'ROUTINE', format('%%I.%%I(%%s)', 'public', proname, pg_get_function_identity_arguments(oid)) FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND proowner <> %(role)s::regrole
        """,
        {"role": role},
    ).fetchall()
    for kind, name in others:
        # `name` is quoted by the server.
        connection.execute(
            sql.SQL(f"ALTER {kind} public.{name.removeprefix('public.')} OWNER TO {{}}").format(sql.Identifier(role))
        )


def create_reader(administrator: str, ledger: URL, password: str) -> None:
    """Make the role that may read the published labels and their shares."""
    with connected(make_url(administrator), ledger.database or "") as connection:
        set_role(connection, READER, password)
        execute(connection, "ALTER ROLE {} SET default_transaction_read_only = on", READER)
        execute(connection, "GRANT CONNECT ON DATABASE {} TO {}", ledger.database or "", READER)
        execute(connection, "GRANT USAGE ON SCHEMA public TO {}", READER)
        for table in READABLE:
            execute(connection, "GRANT SELECT ON {} TO {}", table, READER)


def execute(connection: psycopg.Connection, statement: str, *names: str) -> None:
    """Run a statement with names in place of `{}`."""
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def connected(url: URL, database: str) -> psycopg.Connection:
    place = url.set(drivername="postgresql", database=database).render_as_string(hide_password=False)
    return psycopg.connect(place, autocommit=True)


def create_database(url: str) -> None:
    """The database a PostgreSQL URL names; made through the server's own `postgres` database."""
    named = make_url(url)
    with connected(named, "postgres") as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [named.database]).fetchone() is None:
            execute(connection, "CREATE DATABASE {}", named.database or "")


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

"""`deploy/init.py` on a real server: each role has its own database, a password, and nothing else."""

import runpy

import psycopg
import pytest
from sqlalchemy import make_url

from semtel_ops.store.ledger_open import open_ledger
from tests.support.postgres import postgres_server

pytestmark = pytest.mark.postgres
LEDGER, AIRFLOW, READER = ("semtel_ledger", "led"), ("airflow_metadata", "air"), ("semtel_reader", "rea")


class Cluster:
    """A server whose roles need their passwords, and `init` as compose runs it."""

    def __init__(self, server, init, patch):
        self._server, self._init, self._patch = server, init, patch

    def url(self, role, database):
        name, password = role
        return f"postgresql://{name}:{password}@127.0.0.1:{self._server.port}/{database}"

    def init(self, ledger=LEDGER, airflow=AIRFLOW):
        self._patch.setenv("POSTGRES_ADMIN_URL", self._server.url)
        self._patch.setenv("DATABASE_URL", self.url(ledger, "semtel"))
        self._patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", self.url(airflow, "airflow"))
        self._patch.setenv("READER_DB_PASSWORD", READER[1])
        self._patch.setenv("SEMTEL_LAKE", "unused")
        self._patch.delenv("ADMIN_USER", raising=False)
        commands = []
        self._init["main"].__globals__.update(airflow=lambda *words: commands.append(words), create_bucket=commands.append)
        self._init["main"]()

    def ask(self, role, database, query):
        """The first value, or why there is none."""
        try:
            with psycopg.connect(self.url(role, database)) as connection:
                return connection.execute(query).fetchone()[0]
        except psycopg.Error as error:
            return str(error)

    def as_admin(self, database, query):
        with psycopg.connect(self._server.url.rpartition("/")[0] + f"/{database}", autocommit=True) as connection:
            return connection.execute(query)


@pytest.fixture(scope="module")
def server():
    with postgres_server() as server:
        hba = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        server.write("pg_hba.conf", hba)
        base = server.url.rpartition("/")[0]
        with psycopg.connect(server.url, autocommit=True) as connection:
            # As releases before the roles left it: everything belongs to the administrator.
            connection.execute("CREATE DATABASE airflow")
            connection.execute("CREATE DATABASE semtel")
            connection.execute("SELECT pg_reload_conf()")
        with psycopg.connect(f"{base}/airflow") as connection:
            connection.execute("CREATE TYPE mood AS ENUM ('good'); CREATE TABLE dag (id serial, mood mood)")
            connection.execute("CREATE VIEW dags AS SELECT * FROM dag; CREATE SEQUENCE numbers")
            connection.execute("CREATE FUNCTION one(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        with open_ledger(f"{base}/semtel") as ledger:
            ledger.save_run("2026-W40", "old", sampled=7)
        yield server


@pytest.fixture
def cluster(server, project_root, monkeypatch, capsys):
    made = Cluster(server, runpy.run_path(str(project_root / "deploy" / "init.py")), monkeypatch)
    for _ in range(2):
        made.init()
    assert capsys.readouterr().out.count("ready") == 2
    return made


def test_each_role_has_its_own_database_and_no_other(cluster):
    reached = {
        (role[0], database): cluster.ask(role, database, "SELECT 'in'")
        for role in (LEDGER, AIRFLOW, READER)
        for database in ("semtel", "airflow", "postgres", "template1")
    }
    inside = {key for key, answer in reached.items() if answer == "in"}
    assert inside == {("semtel_ledger", "semtel"), ("airflow_metadata", "airflow"), ("semtel_reader", "semtel")}
    assert all("permission denied for database" in answer for key, answer in reached.items() if key not in inside)


def test_no_role_can_do_more_than_use_its_database(cluster):
    for role in ("semtel_ledger", "semtel_reader", "airflow_metadata"):
        query = f"SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = '{role}'"
        assert cluster.as_admin("postgres", query).fetchone() == (False,)


def test_what_an_earlier_release_made_is_handed_over_and_kept(cluster):
    with open_ledger(cluster.url(LEDGER, "semtel")) as ledger:
        assert ledger.run("2026-W40", "old").sampled == 7
        ledger.save_run("2026-W41", "new", sampled=1)
    owned = """SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace
               AND relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)"""
    assert cluster.ask(LEDGER, "semtel", owned) == cluster.ask(AIRFLOW, "airflow", owned) == 0
    with psycopg.connect(cluster.url(AIRFLOW, "airflow")) as connection:
        connection.execute("ALTER TYPE mood RENAME TO moods; ALTER TABLE dag ADD note text; ALTER SEQUENCE numbers RESTART")
        connection.execute("DROP FUNCTION one; DROP VIEW dags")
        connection.rollback()


def test_the_reader_reads_what_is_published_and_changes_nothing(cluster):
    assert cluster.ask(READER, "semtel", "SELECT count(*) FROM label") == 0
    assert cluster.ask(READER, "semtel", "SELECT count(*) FROM weekly_share") == 0
    for query in ("SELECT * FROM run", "SELECT * FROM batch_job", "SELECT * FROM alert", "SELECT * FROM pg_authid"):
        assert "permission denied" in cluster.ask(READER, "semtel", query), query
    for query in (
        "SET transaction_read_only = off; DELETE FROM label",
        "SET transaction_read_only = off; CREATE TABLE mine (id int)",
    ):
        assert "permission denied" in cluster.ask(READER, "semtel", query), query


def test_a_password_is_needed_kept_as_a_hash_and_changed_by_running_init_again(cluster):
    assert "password authentication failed" in cluster.ask((LEDGER[0], "wrong"), "semtel", "SELECT 1")
    kept = cluster.as_admin("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'semtel_ledger'").fetchone()[0]
    assert kept.startswith("SCRAM-SHA-256$")
    cluster.init(ledger=(LEDGER[0], "new"))
    assert "password authentication failed" in cluster.ask(LEDGER, "semtel", "SELECT 1")
    assert cluster.ask((LEDGER[0], "new"), "semtel", "SELECT 1") == 1


def test_databases_that_share_a_role_are_refused(cluster):
    with pytest.raises(SystemExit, match="must differ"):
        cluster.init(airflow=LEDGER)
    with pytest.raises(SystemExit, match="must differ"):
        cluster.init(ledger=("postgres", "x"))


def test_compose_gives_each_process_only_the_roles_it_uses(project_root):
    import yaml

    services = yaml.safe_load((project_root / "docker-compose.yaml").read_text(encoding="utf-8"))["services"]
    urls = {
        key: make_url(value.replace("${", "").replace(":?see .env.example}", ""))
        for key, value in services["worker"]["environment"].items()
        if "postgresql" in value
    }
    assert {(url.username, url.database) for url in urls.values()} == {
        ("airflow_metadata", "airflow"),
        ("semtel_ledger", "semtel"),
    }
    assert (urls["DATABASE_URL"].username, urls["DATABASE_URL"].password) == ("semtel_ledger", "LEDGER_DB_PASSWORD")
    administrators = [name for name, service in services.items() if "${POSTGRES_PASSWORD" in str(service)]
    assert administrators == ["postgres", "init"]

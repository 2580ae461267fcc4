from pathlib import Path

from semtel_ops.cli.demo import components
from semtel_ops.cli.demo.own_endpoints import OwnEndpoints
from semtel_ops.endpoints.catalog import load_endpoints

WORKERS = components.Workers(2, "redis://127.0.0.1:6379/3")


def test_everything_listens_on_loopback_alone(folder):
    for name, command in components.airflow_components(folder, 8080, WORKERS).items():
        if name == "api-server":
            assert command[command.index("--host") + 1] == "127.0.0.1"
        if name in {"scheduler", "triggerer", "worker-1", "worker-2"}:
            assert "--skip-serve-logs" in command, "the log server listens on every address"


def test_an_airflow_that_is_configured_on_this_machine_is_not_met(folder):
    inherited = {
        "AIRFLOW_HOME": "/elsewhere",
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "SEMTEL_PIPELINE": "mine.yaml",
        "DATABASE_URL": "postgresql://mine",
        "LANG": "C.UTF-8",
    }
    found = components.environment(folder, 8080, inherited)
    assert found["AIRFLOW_HOME"] == str(folder.airflow_home)
    assert found["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert found["LANG"] == "C.UTF-8"
    assert "SEMTEL_PIPELINE" not in found
    assert found["DATABASE_URL"] == f"sqlite:///{folder.ledger}"


def test_tasks_read_a_persons_endpoints_and_their_keys(folder, tmp_path):
    mine = OwnEndpoints(tmp_path / "my.yaml", ("mine: m at h",), frozenset({"SEMTEL_KEY"}), None)
    found = components.environment(folder, 8080, {"SEMTEL_KEY": "sk-1", "SEMTEL_LAKE": "/elsewhere"}, endpoints=mine)
    assert found["SEMTEL_ENDPOINTS"] == str(tmp_path / "my.yaml")
    assert found["SEMTEL_KEY"] == "sk-1"
    assert found["SEMTEL_LAKE"] == str(folder.lake)


def test_every_component_shares_one_secret_and_two_demos_do_not(folder):
    one, other = components.environment(folder, 8080, {}), components.environment(folder, 8080, {})
    assert len(one["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    assert one["AIRFLOW__API_AUTH__JWT_SECRET"] != other["AIRFLOW__API_AUTH__JWT_SECRET"]


def test_nothing_is_reported_to_anybody(folder):
    assert components.environment(folder, 8080, {})["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"


def test_the_endpoints_file_is_one_the_library_takes(folder):
    folder.endpoints.write_text(components.endpoints_yaml(8900), encoding="utf-8")
    (endpoint,) = load_endpoints(folder.endpoints)
    assert endpoint.base_url == "http://127.0.0.1:8900/v1"
    assert endpoint.model.startswith("simulated"), "the report says so wherever labels are shown"
    assert endpoint.price is not None
    assert endpoint.lanes == ("realtime", "batch"), "both can be tried in the form"


def test_the_interpreters_own_airflow_comes_first(folder):
    first = components.environment(folder, 8080, {"PATH": "/usr/bin"})["PATH"].partition(":")[0]
    assert Path(first, "python").exists()


def test_a_database_serves_airflow_and_the_ledger(folder):
    found = components.environment(folder, 8080, {}, database="postgresql://me@localhost/demo")
    assert found["DATABASE_URL"] == found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "postgresql+psycopg://me@localhost/demo"


def test_workers_on_one_machine_share_neither_name_nor_file(folder):
    commands = components.airflow_components(folder, 8080, WORKERS)
    one, two = commands["worker-1"], commands["worker-2"]
    for option in ("--celery-hostname", "--pid"):
        assert one[one.index(option) + 1] != two[two.index(option) + 1]
    assert len(commands) == len(components.airflow_components(folder, 8080)) + 2


def test_workers_have_room_for_all_the_scheduler_sends(folder):
    found = components.environment(folder, 8080, {}, database="postgresql://me@localhost/demo", workers=WORKERS)
    assert found["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert found["AIRFLOW__CELERY__BROKER_URL"] == WORKERS.broker
    assert found["AIRFLOW__CELERY__RESULT_BACKEND"] == "db+postgresql+psycopg://me@localhost/demo"
    assert WORKERS.count * WORKERS.slots >= int(found["AIRFLOW__CORE__PARALLELISM"])

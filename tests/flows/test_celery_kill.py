"""A cluster by hand: PostgreSQL, Redis, two Celery workers, five shards, and one worker killed in the middle."""

import json
import os
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.cli.demo import components, processes
from semtel_ops.cli.demo.api import AirflowApi, AirflowApiError
from semtel_ops.cli.demo.folder import DemoFolder
from semtel_ops.cli.demo.ports import free_port
from semtel_ops.cli.demo.run import DAG_ID
from semtel_ops.cli.demo.stages import failed_instances
from semtel_ops.cli.demo.supervisor import Component, Supervisor
from semtel_ops.cli.demo.task_log import excerpt, log_file
from semtel_ops.cli.demo.wait import wait_until
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.files import list_files, read_json
from semtel_ops.store.journal import Journal
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.postgres]

POSTGRES = os.environ.get("SEMTEL_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
REDIS = os.environ.get("SEMTEL_TEST_REDIS", "redis://127.0.0.1:6379/11")
WEEK = "2026-W40"
SHARDS = 5
CONVERSATIONS = 100
CLASSIFIERS = ("topic", "knowledge_work")
ROWS = CONVERSATIONS * len(CLASSIFIERS)
PLACES = 2  # calls one shard has under way at most
CAP_S = 1_500.0

PIPELINE = {
    "classifiers": CLASSIFIERS,
    "shards": {"conversations": CONVERSATIONS // SHARDS},
    "realtime": {"flush_seconds": 0.5, "flush_replies": 5},
    "lane": "realtime",
}
NOTICES_SOONER = {
    # How long the scheduler waits for a sign of life of a task, and of a message that a worker took and did not start.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "180",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
}
LOOKS_LESS_OFTEN = {
    # A loop of a scheduler that has nothing to do costs some twentieth of a second; the DAGs do not change.
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
}


@pytest.fixture
def database() -> Iterator[str]:
    """An empty PostgreSQL database of the test's own; its URL."""
    import psycopg

    name = f"semtel_celery_{secrets.token_hex(4)}"
    try:
        server = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=30)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432; start one, or name another in SEMTEL_TEST_POSTGRES")
    with server:
        server.execute(f"CREATE DATABASE {name}")
        yield f"{POSTGRES.rpartition('/')[0]}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def broker() -> Iterator[str]:
    """An empty Redis database; its URL. One that holds something is somebody's and is left alone."""
    redis = pytest.importorskip("redis", reason="needs the extra cluster: pip install -c constraints.txt -e '.[cluster]'")
    pytest.importorskip("celery", reason="needs the extra cluster: pip install -c constraints.txt -e '.[cluster]'")
    client = redis.Redis.from_url(REDIS, socket_connect_timeout=30)
    try:
        if client.dbsize():
            pytest.skip(f"{REDIS} is not empty; name a Redis database that may be emptied in SEMTEL_TEST_REDIS")
    except redis.exceptions.ConnectionError:
        pytest.skip("no Redis at 127.0.0.1:6379; start one, or name another in SEMTEL_TEST_REDIS")
    yield REDIS
    client.flushdb()
    client.close()


@dataclass
class Cluster:
    """Airflow's components and two workers, and a run on them."""

    supervisor: Supervisor
    api: AirflowApi
    workers: list[Component]
    run_id: str = "by_hand"

    def instances(self) -> list[dict[str, Any]]:
        return self.api.task_instances(DAG_ID, self.run_id)

    def classifying(self) -> dict[str, list[dict[str, Any]]]:
        """Shards that are being asked about, by the worker whose process it is."""
        found: dict[str, list[dict[str, Any]]] = {worker.name: [] for worker in self.workers}
        alive = {pid: worker.name for worker in self.workers for pid in processes.members(worker.process.pid)}
        for instance in self.instances():
            if instance["task_id"] == "realtime.classify" and instance["state"] == "running" and instance["pid"] in alive:
                found[alive[instance["pid"]]].append(instance)
        return found

    def kill(self, worker: Component) -> set[int]:
        """All processes of the worker at once, its tasks' among them, as when its machine loses power; who they were."""
        self.supervisor.components.remove(worker)
        self.workers.remove(worker)
        killed: set[int] = set()
        while pids := processes.members(worker.process.pid):
            killed.update(pids)
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        worker.process.wait(timeout=60)
        return killed

    def wait_for(self, what: str, ready: Callable[[], bool]) -> None:
        wait_until(lambda: asked(ready), what=what, timeout_s=CAP_S, check=lambda: asked(self.check), every_s=2.0)

    def is_over(self) -> bool:
        return self.api.run_state(DAG_ID, self.run_id) in {"success", "failed"}

    def check(self) -> None:
        """See that waiting has a point: all components live and no task has failed for good."""
        self.supervisor.check()
        for instance in failed_instances(self.instances()):
            log = log_file(self.supervisor.folder.task_logs, instance)
            pytest.fail("\n".join([f"{instance['task_id']} failed:", *excerpt(log)]))


def asked(ask: Callable[[], Any]) -> bool:
    """Whether it answered, and with yes: a server that is too busy to answer is asked again."""
    try:
        return bool(ask())
    except AirflowApiError as error:
        if error.busy:
            return False
        raise


@pytest.fixture
def simulator() -> Iterator[SimulatedEndpoint]:
    """So slow at first that a shard takes over a minute: both workers are met at work, however long tasks need to start."""
    config = {"latency": {"base_ms": 4000, "per_output_token_ms": 0, "jitter": 0}, "labels": {"mode": "constant"}}
    with simulated_endpoint(SimulatorConfig.model_validate(config)) as endpoint:
        yield endpoint


@pytest.fixture
def cluster(database: str, broker: str, simulator: SimulatedEndpoint, tmp_path: Path, project_root: Path) -> Iterator[Cluster]:
    folder = DemoFolder(project_root, tmp_path / "cluster")
    workers, port = components.Workers(2, broker), free_port(18200)
    (tmp_path / "pipeline.yaml").write_text(json.dumps(PIPELINE))
    endpoint = {"name": "sim", "base_url": simulator.base_url, "model": "m", "limits": {"max_concurrency": PLACES}}
    with Supervisor(folder) as supervisor:
        folder.create()
        folder.endpoints.write_text(json.dumps({"endpoints": [endpoint]}))
        environment = (
            components.environment(folder, port, database=database, workers=workers) | NOTICES_SOONER | LOOKS_LESS_OFTEN
        )
        environment["SEMTEL_PIPELINE"] = str(tmp_path / "pipeline.yaml")
        supervisor.finish(supervisor.start("db-migrate", components.MIGRATE, environment))
        started = [
            supervisor.start(name, command, environment)
            for name, command in components.airflow_components(folder, port, workers).items()
            if name != "triggerer"  # no task of the realtime lane waits in one
        ]
        api = AirflowApi(f"http://127.0.0.1:{port}")
        wait_until(lambda: asked(lambda: is_up(api)), what="Airflow has not started", timeout_s=CAP_S, check=supervisor.check)
        api.unpause(DAG_ID)
        yield Cluster(supervisor, api, [component for component in started if component.name.startswith("worker-")])


def is_up(api: AirflowApi) -> bool:
    api.sign_in()
    health = api.health()
    return all(health[name] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor")) and api.has_dag(DAG_ID)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "chats.jsonl"
    start = datetime(2026, 9, 28, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for n in range(CONVERSATIONS):
            turn = {"role": "user", "content": f"What is {n} plus {n}?"}
            began = (start + timedelta(minutes=n)).isoformat()
            file.write(json.dumps({"conversation_id": f"c{n}", "started_at": began, "messages": [turn]}) + "\n")
    return path


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds a worker's processes through /proc; run it on Linux")
def test_a_worker_killed_in_the_middle_costs_no_row_and_nothing_that_was_written_is_asked_again(
    cluster: Cluster, simulator: SimulatedEndpoint, source: Path
) -> None:
    lake = Lake(str(cluster.supervisor.folder.lake))
    cluster.api.trigger(DAG_ID, cluster.run_id, {"week": WEEK, "source": str(source)})

    def in_the_middle() -> bool:
        return len(Journal(lake.journal())) > 4 * PLACES and all(cluster.classifying().values())

    cluster.wait_for("both workers to be asking about shards", in_the_middle)
    killed = cluster.kill(cluster.workers[0])
    # In this order: what the other worker is answered and writes meanwhile can only make more of the difference.
    written = len(Journal(lake.journal()))
    lost = simulator.stats()["answered_bodies"] - written

    found: list[dict[str, Any]] = []
    cluster.wait_for("what Airflow takes to be running", lambda: bool(found.extend(cluster.instances()) or found))
    simulator.configure(latency={"base_ms": 20})
    cluster.wait_for("the run's end", cluster.is_over)
    assert cluster.api.run_state(DAG_ID, cluster.run_id) == "success"

    classified = [instance for instance in cluster.instances() if instance["task_id"] == "realtime.classify"]
    again = {instance["map_index"] for instance in classified if instance["try_number"] > 1}
    assert len(classified) == SHARDS
    assert again, "the worker died with work in its hands"

    totals = read_json(lake.run(WEEK, cluster.run_id).totals)
    assert (totals["sampled"], totals["landed_rows"], totals["by_status"]) == (CONVERSATIONS, ROWS, {"success": ROWS})
    assert totals["missing_shards"] == []
    landed = [row for url in list_files(lake.run(WEEK, cluster.run_id).labels_folder, ".parquet") for row in read_rows(url)]
    assert len({(row["conversation_id"], row["classifier"]) for row in landed}) == len(landed) == ROWS

    # Asked twice at most: what was answered and not yet written at the kill, and the calls under way. A task that the scheduler
    # took for dead because the machine was slow is stopped as well, and may repeat a shard's worth at most.
    stats = simulator.stats()
    cut_off = {instance["map_index"] for instance in found if instance["state"] == "running" and instance["pid"] in killed}
    presumed_dead = len(again - cut_off) * ROWS // SHARDS
    assert stats["distinct_bodies"] == ROWS
    assert stats["answered_more_than_once"] <= lost + len(cut_off) * PLACES + presumed_dead

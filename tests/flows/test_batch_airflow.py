"""A week in batches in a real Airflow that is hurt while its tasks wait: every row lands once, and no job is made twice.

One run, and what is found after it. Three shards wait for jobs that stand still half done; scheduler and triggerer are killed
and started anew; one waiting task is marked failed and one is cleared, which stops their jobs; then the third may go on.
"""

import json
import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from semtel_ops.cli.demo import components, processes
from semtel_ops.cli.demo.api import AirflowApi, AirflowApiError
from semtel_ops.cli.demo.folder import DemoFolder
from semtel_ops.cli.demo.ports import free_port
from semtel_ops.cli.demo.start import DAG_ID, start_airflow
from semtel_ops.cli.demo.supervisor import Supervisor
from semtel_ops.cli.demo.wait import wait_until
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.openai_batch import OpenAIBatchClient
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.batch_ledger import BatchLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint

pytestmark = [pytest.mark.slow, pytest.mark.airflow]

WEEK = "2026-W40"
RUN_ID = "hurt"
SHARDS, CONVERSATIONS = 3, 150
ROWS = CONVERSATIONS * 2  # two classifiers
FINISHED, ENDED_BY_HAND, CLEARED = 0, 1, 2  # shards, and the map indices of their tasks
PATIENCE_S = 1_200.0  # seconds are usual


@dataclass(frozen=True)
class Aftermath:
    """What was seen on the way and found in the end."""

    state: str
    tasks: dict[str, str]
    looks_after_restart: int
    deadlines: int
    log: str
    links: dict[str, dict[str, str]]
    stats: dict[str, Any]
    jobs: list[Any]
    rows: list[dict[str, Any]]
    lanes: dict[str, Any]
    totals: dict[str, Any]


@dataclass
class HurtAirflow:
    """An Airflow of the test's own, and what is done to it."""

    supervisor: Supervisor
    environment: dict[str, str]
    commands: dict[str, tuple[str, ...]]
    api: AirflowApi
    endpoint: SimulatedEndpoint

    def kill(self, name: str) -> None:
        """SIGKILL a component and all it started, so that it can put nothing in order."""
        component = next(one for one in self.supervisor.components if one.name == name)
        while left := processes.members(component.process.pid):
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            component.process.wait()
        self.supervisor.components.remove(component)

    def start(self, name: str) -> None:
        self.supervisor.start(name, self.commands[name], self.environment)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A call that is made again while the server is busy: SQLite has one writer."""
        found: list[Any] = []

        def asked() -> bool:
            try:
                found.append(self.api.call(method, path, body))
            except AirflowApiError as error:
                if error.busy:
                    return False
                raise
            return True

        self.wait(asked, f"an answer to {method} {path}")
        return found[0]

    def tasks(self) -> dict[str, str]:
        found = self.call("GET", f"/api/v2/dags/{DAG_ID}/dagRuns/{RUN_ID}/taskInstances?limit=100")["task_instances"]
        return {f"{one['task_id']}[{one['map_index']}]": one["state"] for one in found}

    def state(self) -> str:
        return str(self.call("GET", f"/api/v2/dags/{DAG_ID}/dagRuns/{RUN_ID}")["state"])

    def of_task(self, task_id: str, what: str) -> Any:
        return self.call("GET", f"/api/v2/dags/{DAG_ID}/dagRuns/{RUN_ID}/taskInstances/{task_id}/{what}")

    def jobs(self) -> list[Any]:
        client = OpenAIBatchClient(Endpoint("sim", "openai", self.endpoint.base_url, "simulated-small"))
        try:
            return list(client.jobs())
        finally:
            client.close()

    def looks(self) -> int:
        return sum(self.endpoint.stats()["by_path"].get("GET batches/{id}", {}).values())

    def wait(self, ready: Any, what: str) -> None:
        wait_until(ready, what=what, timeout_s=PATIENCE_S, check=self.supervisor.check, every_s=1.0)


def write_inputs(folder: DemoFolder, endpoint: SimulatedEndpoint) -> dict[str, str]:
    """Conversations, endpoints and configuration; the environment that names them."""
    with (folder.root / "chats.jsonl").open("w", encoding="utf-8") as file:
        for at in range(CONVERSATIONS):
            turns = [{"role": "user", "content": f"How do I write a Python function, part {at}?"}]
            file.write(
                json.dumps({"conversation_id": f"c{at}", "started_at": "2026-10-01T10:00:00Z", "messages": turns}) + "\n"
            )
    folder.endpoints.write_text(
        f"endpoints: [{{name: sim, base_url: '{endpoint.base_url}', model: simulated-small, lanes: [realtime, batch],\n"
        "  price: {input_per_million: 1.0, output_per_million: 1.0}}]\n",
        encoding="utf-8",
    )
    pipeline = folder.root / "pipeline.yaml"
    pipeline.write_text(
        f"source: {{paths: ['{folder.root}/chats.jsonl']}}\n"
        "classifiers: [topic, knowledge_work]\n"
        f"shards: {{conversations: {CONVERSATIONS // SHARDS}}}\n"
        "batch: {poll_min_s: 0.5, poll_max_s: 2, settle_s: 1}\n",
        encoding="utf-8",
    )
    return {"SEMTEL_PIPELINE": str(pipeline)}


def hurt(airflow: HurtAirflow) -> tuple[int, int]:
    """Do everything to the run; returns how often the new triggerer looked by itself, and the deadlines there were to clear."""
    airflow.call(
        "POST",
        f"/api/v2/dags/{DAG_ID}/dagRuns",
        {"dag_run_id": RUN_ID, "logical_date": None, "conf": {"week": WEEK, "lane": "batch"}},
    )
    waiting = [f"batch.classify[{at}]" for at in range(SHARDS)]
    airflow.wait(lambda: [airflow.tasks().get(name) for name in waiting] == ["deferred"] * SHARDS, "deferred tasks")
    airflow.wait(lambda: half_done(airflow) == SHARDS, "jobs that stand still half done")
    before = airflow.looks()
    airflow.wait(lambda: airflow.looks() > before, "a look of the first triggerer")

    airflow.kill("triggerer")
    airflow.kill("scheduler")
    before = airflow.looks()
    airflow.start("scheduler")
    airflow.start("triggerer")
    airflow.wait(lambda: airflow.looks() >= before + 2 * SHARDS, "looks of the new triggerer")
    looks = airflow.looks() - before

    path = f"/api/v2/dags/{DAG_ID}/dagRuns/{RUN_ID}/taskInstances/batch.classify/{ENDED_BY_HAND}"
    airflow.call("PATCH", path, {"new_state": "failed"})
    airflow.wait(lambda: stopped(airflow) == 1, "the job of the task that was marked failed to stop")
    deadlines = deadlines_in(airflow.supervisor.folder)  # Airflow drops that of a run that ends in time
    clear = {"dry_run": False, "dag_run_id": RUN_ID, "task_ids": [["batch.classify", CLEARED]], "only_failed": False}
    airflow.call("POST", f"/api/v2/dags/{DAG_ID}/clearTaskInstances", clear)
    airflow.wait(lambda: stopped(airflow) == 2, "the job of the cleared task to stop")

    airflow.endpoint.configure(batch={"stalls_at": None})
    airflow.wait(lambda: airflow.state() in {"success", "failed"}, "the end of the run")
    return looks, deadlines


def half_done(airflow: HurtAirflow) -> int:
    return sum(job.total > 0 and job.total / 2 <= job.completed < job.total for job in airflow.jobs())


def deadlines_in(folder: DemoFolder) -> int:
    """How many deadlines Airflow has written down for its runs."""
    with closing(sqlite3.connect(folder.airflow_home / "airflow.db")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM deadline").fetchone()
    return int(count)


def stopped(airflow: HurtAirflow) -> int:
    return Counter(job.status.value for job in airflow.jobs())["cancelled"]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory, project_root):
    root = tmp_path_factory.mktemp("hurt")
    folder = DemoFolder(project_root, root)
    folder.create()
    quick = {"batch": {"time_factor": 36_000, "expires": False, "stalls_at": 0.5}}
    with simulated_endpoint(SimulatorConfig.model_validate(quick)) as endpoint, Supervisor(folder) as supervisor:
        port = free_port(18100)
        environment = components.environment(folder, port) | write_inputs(folder, endpoint)
        # A dead triggerer is taken for dead sooner than after half a minute.
        environment |= {
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "8",
            # A loop of a scheduler that has nothing to do costs some twentieth of a second; the DAGs do not change.
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        }
        commands = components.airflow_components(folder, port)
        api = start_airflow(supervisor, environment, port, commands)
        airflow = HurtAirflow(supervisor, environment, commands, api, endpoint)
        looks, deadlines = hurt(airflow)
        with open_ledger(f"sqlite:///{folder.ledger}") as ledger:
            jobs = BatchLedger(ledger, "test").of_run(WEEK, RUN_ID)
        run = folder.lake / "runs" / f"week={WEEK}" / f"run={RUN_ID}"
        landed = sorted((folder.lake / "landed" / f"week={WEEK}" / f"run={RUN_ID}").glob("*.parquet"))
        yield Aftermath(
            state=airflow.state(),
            tasks=airflow.tasks(),
            looks_after_restart=looks,
            deadlines=deadlines,
            log=json.dumps(airflow.of_task("batch.classify", f"logs/1?map_index={FINISHED}&full_content=true")),
            links={
                "classify": airflow.of_task("batch.classify", f"links?map_index={FINISHED}")["extra_links"],
                "report": airflow.of_task("report", "links")["extra_links"],
            },
            stats=endpoint.stats(),
            jobs=jobs,
            rows=[row for path in landed for row in read_rows(str(path))],
            lanes=json.loads((run / "lanes.json").read_text(encoding="utf-8")),
            totals=json.loads((run / "totals.json").read_text(encoding="utf-8")),
        )


def test_every_row_lands_exactly_once(aftermath):
    assert aftermath.state == "success", aftermath.tasks
    assert (aftermath.totals["sampled"], aftermath.totals["landed_rows"]) == (CONVERSATIONS, ROWS)
    assert len({(row["conversation_id"], row["classifier"]) for row in aftermath.rows}) == len(aftermath.rows) == ROWS
    assert {row["status"] for row in aftermath.rows} == {"success"}


def test_no_job_is_submitted_twice_and_nothing_is_answered_twice(aftermath):
    submitted = [job.provider_id for job in aftermath.jobs if job.provider_id]
    assert aftermath.stats["by_path"]["POST batches"] == {"200": SHARDS}
    assert len(set(submitted)) == len(submitted) == SHARDS
    assert aftermath.stats["answered_bodies"] == ROWS
    assert aftermath.stats["answered_more_than_once"] == aftermath.stats["asked_more_than_once"] == 0


def test_a_new_triggerer_takes_the_looking_up(aftermath):
    assert aftermath.looks_after_restart >= 2 * SHARDS
    assert aftermath.tasks[f"batch.classify[{FINISHED}]"] == "success"


def test_a_person_who_ends_a_task_stops_its_jobs_and_the_rest_is_rescued(aftermath):
    assert aftermath.tasks[f"batch.classify[{ENDED_BY_HAND}]"] == "failed"
    assert aftermath.tasks[f"batch.classify[{CLEARED}]"] == "success", "cleared, it lands what its job had finished"
    status = {job.shard: job.provider_status for job in aftermath.jobs}
    assert status == {FINISHED: "completed", ENDED_BY_HAND: "cancelled", CLEARED: "cancelled"}
    assert [aftermath.tasks.get(f"rescue[{at}]") for at in range(3)] == ["success", "success", None]
    by_lane = {shard: Counter(row["lane"] for row in aftermath.rows if row["shard"] == shard) for shard in range(SHARDS)}
    for job in aftermath.jobs:
        assert by_lane[job.shard]["batch"] == job.answered > 0, "what was finished is kept"
    assert by_lane[FINISHED]["realtime"] == 0
    rescued = sum(by_lane[shard]["realtime"] for shard in range(SHARDS))
    told = aftermath.lanes["results"]["rescued"]
    assert (told["rows"], told["shards"]) == (rescued, 2)
    assert aftermath.stats["by_path"]["chat/completions"] == {"200": rescued}


def test_a_run_that_has_a_deadline_can_be_cleared(aftermath):
    """Airflow 3.3.2 refuses that where the deadline counts from its own DAGRUN_QUEUED_AT."""
    assert aftermath.deadlines == 1
    assert aftermath.tasks[f"batch.classify[{CLEARED}]"] == "success"


def test_the_log_of_a_waiting_task_tells_each_look(aftermath):
    assert "waiting for batch jobs batch_" in aftermath.log
    assert "batch jobs: 1 in progress; " in aftermath.log
    assert "requests answered" in aftermath.log
    assert "next poll in" in aftermath.log


def test_tasks_lead_to_their_jobs_and_to_the_report(aftermath):
    about = f"week={WEEK}&run_id={RUN_ID}"
    assert aftermath.links["classify"] == {"Batch jobs": f"/semtel/page#/batch?{about}"}
    assert aftermath.links["report"] == {"Report": f"/semtel/report?{about}"}

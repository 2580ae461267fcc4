import json
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import pytest

PATIENCE_S = 600.0


@pytest.fixture(scope="session")
def dag_bag(airflow_database):
    """All DAGs of the project, loaded as the DAG processor loads them."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag()


@pytest.fixture(scope="session")
def schemas_checked_once():
    """jsonschema checks the schema of a form's field whenever the field is read, in a run thousands of times; here once."""
    from jsonschema import Draft202012Validator

    check, sound = Draft202012Validator.check_schema, set()

    def check_once(schema, *args, **kwargs):
        known = json.dumps(schema, sort_keys=True, default=repr)
        if known not in sound:
            check(schema, *args, **kwargs)
            sound.add(known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draft202012Validator, "check_schema", check_once)
        yield


@pytest.fixture(scope="session")
def dags_in_database(airflow_database, schemas_checked_once):
    """All DAGs of the project, written to the database as the DAG processor does it; the bundle they are in."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    manager = DagBundlesManager()
    manager.sync_bundles_to_db()
    (bundle,) = manager.get_all_dag_bundles()
    sync_bag_to_db(BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name), bundle.name, None)
    return bundle


@pytest.fixture
def weekly(dag_bag):
    return dag_bag.dags["semantic_telemetry_weekly"]


@pytest.fixture
def in_new_interpreter(project_root):
    """Runs Python code in a fresh process that can import the DAG files, and returns what it prints."""
    import os
    import subprocess

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONPATH": str(project_root / "dags")},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


class Steps:
    """Stands in for `semtel_ops.steps`: remembers what was called with what; any step may be replaced."""

    def __init__(self):
        self.calls = []
        self.parts = 1  # with none, nothing is left to do after `plan`
        self.shards = 1
        self.batched = ()  # shards that are routed to the batch lane
        self.late = ()  # of these, the ones to be rescued
        self.bridge_to = None  # the last week, if it has another labeller

    def plan_run(self, request, *, run_id, settings, resolve_connection):
        self.calls.append(("plan", request))
        self.request = request
        return f"lake/{run_id}/run.json"

    def list_parts(self, run):
        return [{"run": run, "part": part} for part in range(self.parts)]

    def extract_part(self, part):
        return self._note("extract", part, part["part"])

    def sample_week(self, parts):
        self.calls.append(("sample", [part["part"] for part in parts]))
        return [{"run": parts[0]["run"], "shard": shard, "conversations": 10} for shard in range(self.shards)]

    def route_shards(self, shards, *, resolve_connection):
        self.calls.append(("route", [shard["shard"] for shard in shards]))
        return [{**shard, "lane": "batch" if shard["shard"] in self.batched else "realtime"} for shard in shards]

    def build_bridge(self, run, routed, *, resources):
        return self._note("bridge", {"run": run, "bridge": self.bridge_to}, [shard["shard"] for shard in routed])

    def of_lane(self, routed, lane):
        return [shard for shard in routed if shard["lane"] == lane]

    def submit_shard(self, shard, *, deadline, resources):
        return {**self._note("submit", shard, shard["shard"]), "done": True}

    def shards_to_rescue(self, routed):
        return [shard for shard in routed if shard["shard"] in self.late]

    def rescue_shard(self, shard, *, resources, alerts):
        return self._note("rescue", shard, shard["shard"])

    def prepare_shard(self, shard):
        return self._note("prepare", shard, shard["shard"])

    def classify_shard(self, shard, *, resources, alerts):
        return self._note("classify", shard, shard["shard"])

    def check_shard(self, shard, *, metrics, alerts):
        return self._note("check", shard, shard["shard"])

    def gather_run(self, run, shards):
        self.calls.append(("gather", [shard["shard"] for shard in shards]))
        return {"run": run, "dry_run": self.request.get("dry_run", False)}

    def validate_run(self, run):
        return self._note("validate", {"run": run, "verdict": "passed", "stopped": False}, run)

    def raise_if_stopped(self, verdict):
        return verdict

    def publish_run(self, run):
        return self._note("publish", {"run": run, "week": "2026-W40", "rows": 30}, run)

    def report_run(self, run, *, airflow_url=None):
        return self._note("report", {"run": run}, run)

    def alert_run(self, run, *, alerts):
        return self._note("alert", {"run": run}, run)

    def alert_failure(self, week, run_id, *, task, error, part, consequence, until, link, alerts):
        self.calls.append(("failure", (task, error, part)))
        return []

    def end_failure(self, week, run_id, *, task, alerts):
        self.calls.append(("end_failure", task))
        return True

    def close_run(self, run):
        return self._note("close", {"run": run}, run)

    def _note(self, name, value, of):
        self.calls.append((name, of))
        return value

    def of(self, name):
        """What a step was called with, over all its calls."""
        return [value for called, value in self.calls if called == name]


def _looked_up(fake, name):
    def step(*arguments, **named):
        return getattr(fake, name)(*arguments, **named)  # looked up when called: a test may have replaced it

    return step


@pytest.fixture
def steps(monkeypatch):
    """Replaces every step by its stand-in; tasks import them when they run, so they get these."""
    fake = Steps()
    names = {
        "plan": ["plan_run", "list_parts"],
        "extract": ["extract_part"],
        "sample": ["sample_week"],
        "prepare": ["prepare_shard"],
        "route": ["route_shards", "of_lane"],
        "bridge": ["build_bridge"],
        "classify": ["classify_shard", "check_shard"],
        "classify_batch": ["submit_shard"],
        "rescue": ["shards_to_rescue", "rescue_shard"],
        "gather": ["gather_run"],
        "validate": ["validate_run", "raise_if_stopped"],
        "publish": ["publish_run"],
        "report": ["report_run"],
        "alert": ["alert_run", "alert_failure", "end_failure"],
        "close": ["close_run"],
    }
    for module, functions in names.items():
        bound = {name: _looked_up(fake, name) for name in functions}
        monkeypatch.setitem(sys.modules, f"semtel_ops.steps.{module}", SimpleNamespace(**bound))
    # What tells a manifest from a state is no step: the operator asks it of whatever a step returned.
    sys.modules["semtel_ops.steps.classify_batch"].has_landed = lambda state: bool(state.get("done"))
    return fake


@pytest.fixture
def run_weekly(run_dag):
    """Runs the weekly DAG; see `run_dag`."""
    return partial(run_dag, "semantic_telemetry_weekly")


@pytest.fixture
def run_reprocess(run_dag):
    """Runs the reprocess DAG; see `run_dag`."""
    return partial(run_dag, "semantic_telemetry_reprocess")


@pytest.fixture
def run_dag(dags_in_database, monkeypatch):
    """Runs a DAG in this process, each task once; returns the run's state and that of each task instance."""
    from airflow.dag_processing import dagbag
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    from semtel_airflow.defaults import DEFAULT_ARGS

    load = dagbag.DagBag
    # A run in this process waits between tries in earnest.
    monkeypatch.setitem(DEFAULT_ARGS, "retries", 0)
    # `DAG.test` loads every file and writes every DAG to the database again before each run; they are there.
    monkeypatch.setattr(dagbag, "BundleDagBag", lambda **_: None)
    monkeypatch.setattr(dagbag, "sync_bag_to_db", lambda *_: None)
    monkeypatch.setattr(time, "sleep", _sleep_less_between_looks(time.sleep))

    def run(dag_id, conf=None, logical_date=None):
        # Loaded for each run: what a run is given in its conf stays in the parameters of its DAG.
        dag = load(dag_folder=dags_in_database.path / f"{dag_id}.py").dags[dag_id]
        dag_run = dag.test(run_conf=conf or {}, logical_date=logical_date)
        states = {}
        for instance in dag_run.get_task_instances():
            name = instance.task_id if instance.map_index < 0 else f"{instance.task_id}[{instance.map_index}]"
            states[name] = str(instance.state) if instance.state else None
        return str(dag_run.state), states

    yield run
    # `DAG.test` clears each task of all earlier runs before its own.
    with create_session() as session:
        session.execute(delete(DagRun))


def _sleep_less_between_looks(sleep):
    """`DAG.test` looks once a second whether a task has become ready."""

    def sleep_less(seconds):
        sleep(min(seconds, 0.02) if sys._getframe(1).f_globals["__name__"] == "airflow.sdk.definitions.dag" else seconds)

    return sleep_less


@pytest.fixture
def answering(airflow_database):
    """`answering(choice)`: a person who answers the question of a run in this process as soon as it is asked."""
    stop = threading.Event()
    threads, questions = [], []

    def start(choice):
        thread = threading.Thread(target=_answer, args=(choice, stop, questions), daemon=True)
        threads.append(thread)
        thread.start()
        return questions

    yield start
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)


def _answer(choice, stop, questions):
    """Looks for the question and answers it with the function behind the web server's own route."""
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select
    from sqlalchemy.exc import OperationalError

    grace = SimpleNamespace(get_id=lambda: "7", get_name=lambda: "grace")
    until = time.monotonic() + PATIENCE_S
    while not stop.wait(0.1) and time.monotonic() < until:
        # SQLite may be busy with what the run writes: the question stays, and is looked for again.
        with suppress(OperationalError), create_session() as session:
            waits = select(TaskInstance).where(TaskInstance.state == TaskInstanceState.AWAITING_INPUT)
            waiting = session.scalars(waits).first()
            if waiting is None:
                continue
            detail = session.scalar(select(HITLDetail).where(HITLDetail.ti_id == waiting.id))
            asked = (detail.subject, detail.body)
            payload = UpdateHITLDetailPayload(chosen_options=[choice], params_input={})
            update_hitl_detail(waiting.dag_id, waiting.run_id, waiting.task_id, payload, grace, session)
            session.commit()
            questions.append(asked)
            return

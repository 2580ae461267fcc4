"""Commands and environment of the demo's processes: Airflow's components, optional Celery workers, and the simulator.

Every process listens on 127.0.0.1, writes below `.demo/`, and ignores any other Airflow configured on this machine.
"""

import math
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from semtel_ops.cli.demo.folder import DemoFolder
from semtel_ops.cli.demo.own_endpoints import OwnEndpoints
from semtel_ops.cli.demo.ports import LOOPBACK

MODEL = "simulated-small"

_DAGS = '[{"name": "semtel", "classpath": "semtel_airflow.bundles.SemtelDagBundle", "kwargs": {}}]'

_AIRFLOW = (sys.executable, "-m", "airflow")
_FORKING = (sys.executable, "-m", "semtel_ops.cli.demo.preloaded")  # for what forks a process for each task

MIGRATE = (*_AIRFLOW, "db", "migrate")


@dataclass(frozen=True, slots=True)
class Workers:
    """Celery workers that run tasks instead of the scheduler.

    Attributes:
        count: how many workers.
        broker: URL of the Redis database they take tasks from.
    """

    count: int
    broker: str

    @property
    def slots(self) -> int:
        """Concurrent tasks per worker."""
        return math.ceil(_parallelism() / self.count)


def airflow_components(folder: DemoFolder, port: int, workers: Workers | None = None) -> dict[str, tuple[str, ...]]:
    """Commands by component name. Task logs are local files, so no component serves them over a port."""
    commands = {
        "api-server": (*_AIRFLOW, "api-server", "--host", LOOPBACK, "--port", str(port)),
        "scheduler": (*_FORKING, "scheduler", "--skip-serve-logs"),
        "dag-processor": (*_AIRFLOW, "dag-processor"),
        "triggerer": (*_AIRFLOW, "triggerer", "--skip-serve-logs"),
    }
    if workers is not None:
        names = [f"worker-{number}" for number in range(1, workers.count + 1)]
        commands |= {name: _worker(name, folder, workers) for name in names}
    return commands


def _worker(name: str, folder: DemoFolder, workers: Workers) -> tuple[str, ...]:
    # Workers on one machine would otherwise share a name and a pid file.
    own = ("--celery-hostname", f"{name}@%h", "--pid", str(folder.airflow_home / f"{name}.pid"))
    quiet = ("--skip-serve-logs", "--without-gossip", "--without-mingle")
    return (*_FORKING, "celery", "worker", *own, "--concurrency", str(workers.slots), *quiet)


def simulator(port: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "semtel_ops.simulator", "--port", str(port))


def endpoints_yaml(port: int) -> str:
    """The simulator as an endpoint; its price shows what a small hosted model would have cost."""
    return (
        "# Written by `semtel demo`: the simulator on this machine. Its labels are lexical matches, not a language model's.\n"
        "# The price is that of a small hosted model, to show what the same run would cost there.\n"
        "# Batches take seconds, not hours. With lane auto a run of this size goes to the realtime lane, since a batch would\n"
        "# save too little; choose another lane in the trigger form.\n"
        "endpoints:\n"
        "  - name: simulator\n"
        f"    base_url: http://{LOOPBACK}:{port}/v1\n"
        f"    model: {MODEL}\n"
        "    lanes: [realtime, batch]\n"
        "    price: {input_per_million: 0.15, output_per_million: 0.60}\n"
    )


def environment(
    folder: DemoFolder,
    port: int,
    inherited: Mapping[str, str] | None = None,
    *,
    database: str | None = None,
    workers: Workers | None = None,
    endpoints: OwnEndpoints | None = None,
) -> dict[str, str]:
    """The environment of every component: the caller's without its Airflow and semtel variables, plus the demo's.

    `database`: URL of a PostgreSQL database for Airflow's metadata and the ledger, instead of two SQLite files; required
    with workers.
    `endpoints`: instead of the simulator; the variables with their keys are kept, whatever their names.
    """
    caller = os.environ if inherited is None else inherited
    keys = frozenset() if endpoints is None else endpoints.key_variables
    others = ("AIRFLOW", "SEMTEL_", "DATABASE_URL")
    kept = {name: value for name, value in caller.items() if name in keys or not name.startswith(others)}
    ours = kept | _for_semtel(folder, endpoints) | _for_airflow(folder, port) | _for_this_machine(kept)
    if database is not None:
        driver = database.replace("postgresql://", "postgresql+psycopg://", 1)
        # By default Airflow uses another driver, which is not installed, for asynchronous connections.
        airflow = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC")
        ours |= dict.fromkeys(("DATABASE_URL", *airflow), driver)
        if workers is not None:
            ours |= _for_workers(workers, driver)
    return ours


def _for_semtel(folder: DemoFolder, endpoints: OwnEndpoints | None) -> dict[str, str]:
    return {
        "SEMTEL_LAKE": str(folder.lake),
        "SEMTEL_ENDPOINTS": str(folder.endpoints if endpoints is None else endpoints.file),
        "SEMTEL_INCLUDE": str(folder.project / "include"),
        "DATABASE_URL": f"sqlite:///{folder.ledger}",
    }


def _for_airflow(folder: DemoFolder, port: int) -> dict[str, str]:
    settings: dict[str, dict[str, object]] = {
        "core": {
            "load_examples": False,
            "executor": "LocalExecutor",
            "parallelism": _parallelism(),
            # Anyone who can reach this port is an administrator: acceptable only for a demo on loopback.
            "simple_auth_manager_all_admins": True,
            "execution_api_server_url": f"http://{LOOPBACK}:{port}/execution/",
        },
        "database": {"sql_alchemy_conn": f"sqlite:///{folder.airflow_home}/airflow.db"},
        "api": {"base_url": f"http://{LOOPBACK}:{port}/", "secret_key": secrets.token_hex(32)},
        "api_auth": {"jwt_secret": secrets.token_hex(64)},
        "logging": {"base_log_folder": folder.task_logs},
        "scheduler": {
            # The demo triggers its runs; the schedule would start another week.
            "use_job_schedule": False,
            "scheduler_idle_sleep_time": 0.2,
        },
        "dag_processor": {
            "dag_bundle_config_list": _DAGS,
            "refresh_interval": 15,
            "bundle_refresh_check_interval": 1,
            # A file that changed is parsed at once; the default, 30 s for all others, keeps a tenth of a core busy.
            "min_file_process_interval": 300,
        },
        "usage_data_collection": {"enabled": False},
    }
    named = {
        f"AIRFLOW__{section.upper()}__{option.upper()}": str(value)
        for section, options in settings.items()
        for option, value in options.items()
    }
    return {"AIRFLOW_HOME": str(folder.airflow_home), **named}


def _for_workers(workers: Workers, database: str) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": workers.broker,
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database}",
    }


def _parallelism() -> int:
    return max(4, 2 * (os.cpu_count() or 1))


def _for_this_machine(kept: Mapping[str, str]) -> dict[str, str]:
    without_proxy = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), f"{LOOPBACK},localhost")))
    return {
        # This interpreter's programs first and only its packages, so that no other Airflow on the machine is used.
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", os.defpath))),
        "PYTHONPATH": "",
        "PYTHONUNBUFFERED": "1",
        # macOS kills forked children that use its frameworks; Airflow forks for each task.
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        "NO_PROXY": without_proxy,
        "no_proxy": without_proxy,
    }

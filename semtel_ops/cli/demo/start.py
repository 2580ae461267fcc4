"""Start Airflow on this machine: migrate its database, start the components, and unpause the weekly DAG."""

from collections.abc import Callable, Mapping, Sequence

from semtel_ops.cli.demo import components
from semtel_ops.cli.demo.api import TRIES_WHEN_BUSY, AirflowApi, AirflowApiError
from semtel_ops.cli.demo.ports import LOOPBACK
from semtel_ops.cli.demo.supervisor import Supervisor
from semtel_ops.cli.demo.wait import wait_until
from semtel_ops.errors import SemtelError

DAG_ID = "semantic_telemetry_weekly"
_START_TIMEOUT_S = 900.0  # a cold disk and one slow core that others use too; 20 s is usual


def start_airflow(
    supervisor: Supervisor,
    environment: Mapping[str, str],
    port: int,
    commands: Mapping[str, Sequence[str]],
    *,
    on_status: Callable[[str], None] = lambda _: None,
) -> AirflowApi:
    """Start all components and wait until they are healthy.

    Args:
        environment: of `components.environment`, for the same port.
        commands: of `components.airflow_components`, by name.
        on_status: called with a line of text whenever another phase begins.

    Raises:
        SemtelError: a component ended, did not become healthy, or cannot load the DAG.
    """
    supervisor.url = f"http://{LOOPBACK}:{port}"
    on_status("Starting Airflow: database …")
    supervisor.finish(supervisor.start("db-migrate", components.MIGRATE, environment))
    on_status("Starting Airflow: scheduler, DAG processor, triggerer, API server …")
    for name, command in commands.items():
        supervisor.start(name, command, environment)
    api = AirflowApi(supervisor.url)
    wait_until(lambda: _is_healthy(api), what="Airflow has not started", timeout_s=_START_TIMEOUT_S, check=supervisor.check)
    wait_until(
        lambda: _knows_the_dag(api), what="the DAG has not been parsed", timeout_s=_START_TIMEOUT_S, check=supervisor.check
    )
    api.tries = TRIES_WHEN_BUSY
    api.unpause(DAG_ID)
    return api


def _is_healthy(api: AirflowApi) -> bool:
    try:
        api.sign_in()
        return all(state == "healthy" for state in api.health().values())
    except AirflowApiError as error:
        if error.busy:
            return False
        raise


def _knows_the_dag(api: AirflowApi) -> bool:
    try:
        if errors := api.import_errors():
            raise SemtelError(f"Airflow cannot load {errors[0]}")
        return api.has_dag(DAG_ID)
    except AirflowApiError as error:
        if error.busy:
            return False
        raise

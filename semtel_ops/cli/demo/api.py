"""Client for the parts of Airflow's REST API that the demo uses."""

import json
import urllib.error
import urllib.request
from typing import Any

from semtel_ops.cli.demo.wait import pause
from semtel_ops.errors import SemtelError

TRIES_WHEN_BUSY = 60
"""Attempts of a call to a server that has started, a second apart: at least a minute while it is too busy to answer."""

_PAGE = 100  # Airflow's largest page


class AirflowApiError(SemtelError):
    """Airflow refused a call, or did not answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def busy(self) -> bool:
        """Whether a retry may succeed: the server did not answer, or answered with a server error."""
        return self.status is None or self.status >= 500


class AirflowApi:
    """Client for one API server on this machine.

    Attributes:
        tries: attempts of a call while the server is too busy to answer.
    """

    def __init__(self, url: str, *, tries: int = 1) -> None:
        self.url = url.rstrip("/")
        self.tries = tries
        self._token: str | None = None
        # Proxy settings of the environment do not apply to loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make one call and return the reply, decoded from JSON.

        Raises:
            AirflowApiError: refused, or no answer, in which case `status` is None.
        """
        for _ in range(self.tries - 1):
            try:
                return self._call(method, path, body)
            except AirflowApiError as error:
                if not error.busy:
                    raise
            pause(1.0)
        return self._call(method, path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the URL is the demo's own, http on loopback
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._token}"} if self._token else {}),
        )
        try:
            with self._opener.open(request, timeout=20) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            detail = error.read(2_000).decode("utf-8", "replace")
            raise AirflowApiError(f"Airflow refused {method} {path}: {error.code} {detail}", error.code) from None
        except (OSError, ValueError) as error:
            raise AirflowApiError(f"Airflow did not answer {method} {path}: {error}") from None

    def sign_in(self, user: str | None = None, password: str | None = None) -> None:
        """Fetch a token for later calls; the demo's Airflow needs no credentials, others do."""
        credentials = {"username": user, "password": password}
        reply = self.call("GET", "/auth/token") if user is None else self.call("POST", "/auth/token", credentials)
        self._token = reply["access_token"]

    def health(self) -> dict[str, str]:
        """State of each component by name."""
        report = self.call("GET", "/api/v2/monitor/health")
        return {name: (part or {}).get("status") or "starting" for name, part in report.items()}

    def import_errors(self) -> list[str]:
        errors = self.call("GET", "/api/v2/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in errors]

    def has_dag(self, dag_id: str) -> bool:
        try:
            self.call("GET", f"/api/v2/dags/{dag_id}")
        except AirflowApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    def unpause(self, dag_id: str) -> None:
        self.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, Any]) -> None:
        try:
            self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "logical_date": None, "conf": conf})
        except AirflowApiError as error:
            # An earlier attempt whose answer was lost may have created the run.
            if error.status != 409 or self.tries == 1:
                raise

    def run_state(self, dag_id: str, run_id: str) -> str:
        return str(self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        instances: list[dict[str, Any]] = []
        while True:
            path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit={_PAGE}&offset={len(instances)}"
            page = self.call("GET", path)
            instances.extend(page["task_instances"])
            if len(instances) >= page["total_entries"] or not page["task_instances"]:
                return instances

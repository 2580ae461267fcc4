"""The simulator on a free port of 127.0.0.1, in a thread of this process or in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.run import address_of, bind, make_server

_START_S = 120.0


@dataclass(frozen=True, slots=True)
class SimulatedEndpoint:
    """A running simulator.

    Attributes:
        address: http://127.0.0.1:PORT
        pid: id of the server's process; of this process where the server is a thread.
    """

    address: str
    pid: int

    @property
    def base_url(self) -> str:
        """`base_url` for an OpenAI client."""
        return f"{self.address}/v1"

    @property
    def azure_url(self) -> str:
        """The endpoint for an Azure client; any deployment name works."""
        return self.address

    def stats(self) -> dict[str, Any]:
        """Counters by path, status and fault, peaks, tokens, capacity; see `semtel_ops.simulator.stats`."""
        return _call(f"{self.address}/_sim/stats")

    def clear_stats(self) -> None:
        _call(f"{self.address}/_sim/stats", method="DELETE")

    def requests(self, limit: int = 100) -> dict[str, Any]:
        """The latest requests and the most frequent bodies."""
        return _call(f"{self.address}/_sim/requests?limit={limit}")

    def planted(self) -> dict[str, Any]:
        """What is planted in the models, in words and numbers."""
        found: dict[str, Any] = self.stats()["planted"]
        return found

    def truth(self, classifier: str, conversations: Sequence[Sequence[Mapping[str, str]]]) -> list[str]:
        """The true label of each conversation, given as turns of role and content, by the `truth` of the configuration."""
        body = {"classifier": classifier, "conversations": conversations}
        labels: list[str] = _call(f"{self.address}/_sim/truth", method="POST", body=json.dumps(body).encode())["labels"]
        return labels

    def serve(self, alias: str, model: str | None) -> None:
        """Let an alias serve a model from now on; None: by its dates and seconds again."""
        body = {"model": alias, "serves": model}
        _call(f"{self.address}/_sim/aliases", method="POST", body=json.dumps(body).encode())

    def configure(self, **patch: Any) -> dict[str, Any]:
        """Merge settings into the configuration: `configure(faults={"429": 0.2}, quota={"rpm": 60})`."""
        return _call(f"{self.address}/_sim/config", method="POST", body=json.dumps(patch).encode())


@contextmanager
def simulated_endpoint(config: SimulatorConfig | None = None) -> Iterator[SimulatedEndpoint]:
    """Run the simulator in a thread with its own event loop, until the end of the context."""
    listener = bind("127.0.0.1", 0)
    listener.listen(2048)
    server = make_server(config or SimulatorConfig())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="simulator", daemon=True)
    endpoint = SimulatedEndpoint(address_of(listener), os.getpid())
    thread.start()
    try:
        _wait_until_up(endpoint, thread.is_alive)
        yield endpoint
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@contextmanager
def simulated_endpoint_process(config: SimulatorConfig | None = None, *, cpu: int | None = None) -> Iterator[SimulatedEndpoint]:
    """Run the simulator as `python -m semtel_ops.simulator`, so that it does not share an interpreter with measured code.

    Args:
        cpu: pin the process to this core, counted from 0, where the system supports it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "simulator.yaml"
        # JSON is YAML.
        path.write_text((config or SimulatorConfig()).model_dump_json(), encoding="utf-8")
        command = [sys.executable, "-m", "semtel_ops.simulator", "--port", "0", "--config", str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
        try:
            if cpu is not None and hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(process.pid, {cpu})
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("listening on "):
                raise RuntimeError(f"the simulator did not start; exit code {process.wait(timeout=10)}")
            address = line.removeprefix("listening on ").strip().removesuffix("/v1")
            endpoint = SimulatedEndpoint(address, process.pid)
            _wait_until_up(endpoint, lambda: process.poll() is None)
            yield endpoint
        finally:
            process.terminate()
            process.communicate(timeout=60)


def _wait_until_up(endpoint: SimulatedEndpoint, alive: Any) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            _call(f"{endpoint.address}/healthz")
        except OSError:
            if not alive() or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _call(url: str, *, method: str = "GET", body: bytes | None = None) -> dict[str, Any]:
    request = urllib.request.Request(url, data=body, method=method)  # noqa: S310
    # Never through a proxy: the address is this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_START_S) as reply:
        body_read: dict[str, Any] = json.load(reply)
        return body_read

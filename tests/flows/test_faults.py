"""Whatever an endpoint does, every row lands, with a status that tells the truth. Real sockets, bounded in time."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from semtel_ops.runs.progress import LogProgress
from semtel_ops.settings import Settings
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.classify_files import classify_files
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint

CONVERSATIONS = 40
# An answer may be as late as the machine is slow: only where an endpoint never answers is one given up.
PATIENT = {"realtime": {"timeout_s": 600.0, "max_attempts": 16}, "tokens": {"compression": "none"}}

# What each fault comes to when it meets every answer it can: the fault heals on another try, or it decides the row.
HEALS = ("429", "429_bare", "429_absurd", "500", "503", "reset", "cut", "not_json", "hang")
LABELLED = ("wrong_label", "near_miss", "fenced", "prose")
DECIDES = {
    "empty": "invalid_output",
    "length": "invalid_output",
    "content_filter": "refused",
    "content_filter_400": "refused",
    "refusal": "refused",
}
# How often it meets one. Only what is asked again depends on what else was: what decides a row decides it alone.
RATES = {**dict.fromkeys(HEALS, (0.05, 0.5)), **dict.fromkeys((*LABELLED, *DECIDES), (0.5,))}
CASES = [(fault, rate) for fault, rates in RATES.items() for rate in rates]


class Result(NamedTuple):
    manifest: dict[str, Any]
    rows: list[dict[str, Any]]
    stats: dict[str, Any]
    seconds: float


def make_source(folder: Path, count: int = CONVERSATIONS) -> Path:
    path = folder / "chats.jsonl"
    lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"number {n}"}]} for n in range(count)]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def classify(folder: Path, *endpoints: str, source: Path | None = None, **realtime: Any) -> Result:
    """One classifier over the source, through one or more endpoints."""
    folder.mkdir(parents=True, exist_ok=True)
    source = source or make_source(folder)
    (folder / "endpoints.yaml").write_text(
        json.dumps({"endpoints": [{"name": f"e{n}", "base_url": url, "model": "m"} for n, url in enumerate(endpoints)]})
    )
    (folder / "pipeline.yaml").write_text(json.dumps({**PATIENT, "realtime": {**PATIENT["realtime"], **realtime}}))
    settings = Settings(lake=str(folder / "out" / "lake"), pipeline=str(folder / "pipeline.yaml"))
    request = {
        "week": "2026-W47",
        "source": [str(source)],
        "dates": "ignore",
        "classifiers": ["knowledge_work"],
        "endpoints": str(folder / "endpoints.yaml"),
    }
    started = time.monotonic()
    manifest = classify_files(request, out=str(folder / "out"), run_id="run", settings=settings, progress=LogProgress())
    rows = [row for path in (folder / "out" / "labels").glob("*.parquet") for row in read_rows(str(path))]
    return Result(manifest, rows, {}, time.monotonic() - started)


def run_fault(folder: Path, fault: str, rate: float) -> Result:
    config = {"faults": {fault: rate}, "models": {"m": {}}, "labels": {"mode": "constant"}, "seed": 7}
    with simulated_endpoint(SimulatorConfig.model_validate(config)) as simulator:
        waits = {"timeout_s": 2.0} if fault == "hang" else {}
        return classify(folder, simulator.base_url, **waits)._replace(stats=simulator.stats())


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, float], Result]:
    """All cases, side by side: most of the time is waiting, above all for those that hang, which go first."""
    folder = tmp_path_factory.mktemp("faults")
    cases = sorted(CASES, key=lambda case: (case[0] != "hang", -case[1]))
    with ThreadPoolExecutor(12) as pool:
        futures = {case: pool.submit(run_fault, folder / f"{case[0]}-{case[1]}", *case) for case in cases}
        return {case: future.result() for case, future in futures.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "rate"), CASES)
def test_every_row_lands_whatever_goes_wrong(results: dict[tuple[str, float], Result], fault: str, rate: float) -> None:
    result = results[fault, rate]
    assert result.manifest["landed"] == result.manifest["sampled"] == len(result.rows) == CONVERSATIONS
    assert len({row["conversation_id"] for row in result.rows}) == CONVERSATIONS
    statuses = Counter(row["status"] for row in result.rows)
    if fault in HEALS or fault in LABELLED:
        assert statuses == {"success": CONVERSATIONS}
    else:
        assert set(statuses) <= {"success", DECIDES[fault]}
    if rate == 0.5:
        assert sum(result.stats["faults"].values()) > 0, "the fault was never met"


@pytest.mark.slow
def test_nothing_that_was_answered_is_asked_twice(results: dict[tuple[str, float], Result]) -> None:
    for (fault, rate), result in results.items():
        if fault == "hang":
            continue  # what is given up after seconds may be answered after all, by a machine that is slow
        assert result.stats["answered_more_than_once"] == 0, (fault, rate)


@pytest.mark.slow
def test_an_absurd_wait_is_not_obeyed(results: dict[tuple[str, float], Result]) -> None:
    assert results["429_absurd", 0.05].seconds < 3_000


@pytest.mark.slow
def test_an_endpoint_that_dies_is_left_and_comes_back(tmp_path: Path) -> None:
    # Slow enough for what is seen to be long from the end when it is acted upon.
    steady = {"latency": {"base_ms": 60}, "models": {"m": {}}, "labels": {"mode": "constant"}}
    source = make_source(tmp_path, 2_000)
    with (
        simulated_endpoint(SimulatorConfig.model_validate(steady)) as first,
        simulated_endpoint(SimulatorConfig.model_validate(steady)) as second,
        ThreadPoolExecutor(1) as pool,
    ):
        running = pool.submit(classify, tmp_path, first.base_url, second.base_url, source=source, max_concurrency=16)

        def see(simulator: SimulatedEndpoint, answers: int) -> None:
            wait_until(lambda: answered(simulator) >= answers or running.done())
            assert not running.done(), "the run ended before its endpoint had died and come back"

        see(first, 30)
        first.configure(faults={"503": 1.0})
        asked = first.stats()["requests"]
        see(second, answered(second) + 500)
        while_dead = first.stats()["requests"] - asked
        answered_before = answered(first)
        # With the other one nearly at a stop, most of what is left is for the one that has come back.
        second.configure(latency={"base_ms": 2_000})
        first.configure(faults={})
        result = running.result(timeout=3_000)
        answered_after = answered(first) - answered_before
    assert {row["status"] for row in result.rows} == {"success"}
    assert while_dead < 250, "it was asked on and on while 500 were answered elsewhere"
    assert answered_after > 100
    assert Counter(row["endpoint"] for row in result.rows)["e0"] == answered_before + answered_after


def test_a_run_waits_out_an_endpoint_that_is_down(tmp_path: Path) -> None:
    down = {"models": {"m": {}}, "labels": {"mode": "constant"}, "faults": {"503": 1.0}}
    with simulated_endpoint(SimulatorConfig.model_validate(down)) as simulator, ThreadPoolExecutor(1) as pool:
        running = pool.submit(classify, tmp_path, simulator.base_url)
        wait_until(lambda: simulator.stats()["requests"] > 0)
        time.sleep(6)  # what is slow asks less in this time, never more
        asked_while_down = simulator.stats()["requests"]
        simulator.configure(faults={})
        result = running.result(timeout=3_000)
    assert {row["status"] for row in result.rows} == {"success"}
    # The circuit opened: a dead endpoint is probed, not hammered.
    assert asked_while_down < 3 * CONVERSATIONS


def answered(simulator: SimulatedEndpoint) -> int:
    return int(simulator.stats()["by_path"].get("chat/completions", {}).get("200", 0))


def wait_until(condition: Callable[[], bool], within_s: float = 1_200.0) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "what was waited for never came"
        time.sleep(0.02)

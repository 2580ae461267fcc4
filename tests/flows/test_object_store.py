"""A week whose source and lake are in an S3 bucket: from source to page, the same week again, and in batch jobs."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint
from tests.support.object_store import s3_client, s3_environment, s3_server
from tests.support.processes import semtel

pytest.importorskip("s3fs", reason="needs the extra s3: pip install -c constraints.txt -e '.[s3]'")
pytest.importorskip("moto.server", reason="needs moto, which the extra dev installs: make install")

BUCKET = "semtel"
WEEK = "2026-W45"
CONVERSATIONS = 60
CLASSIFIERS = ("topic", "knowledge_work")
SHARDS = 2
ROWS = CONVERSATIONS * len(CLASSIFIERS)


@pytest.fixture
def s3_url() -> Iterator[str]:
    """An S3 server on loopback, in this process; its URL."""
    with s3_server() as url:
        yield url


def files_in(s3_url: str) -> list[str]:
    pages = s3_client(s3_url).get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return [item["Key"] for page in pages for item in page.get("Contents", ())]


@pytest.fixture
def environment(s3_url: str, tmp_path: Path, project_root: Path) -> dict[str, str]:
    """What a worker's environment holds where the lake is in a bucket."""
    store = s3_client(s3_url)
    store.create_bucket(Bucket=BUCKET)
    store.upload_file(str(project_root / "include/sample/conversations.jsonl.gz"), BUCKET, "chats/conversations.jsonl.gz")
    return (
        os.environ
        | s3_environment(s3_url)
        | {
            "SEMTEL_LAKE": f"s3://{BUCKET}/lake",
            "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
        }
    )


class Shell:
    """Runs `semtel` as a worker would, against one simulator."""

    def __init__(self, environment: dict[str, str], simulator: SimulatedEndpoint, folder: Path) -> None:
        self.environment = environment
        self.files = {"--endpoints": folder / "endpoints.yaml", "--config": folder / "pipeline.yaml"}
        endpoint = {"name": "sim", "base_url": simulator.base_url, "model": "m", "lanes": ["realtime", "batch"]}
        self.files["--endpoints"].write_text(json.dumps({"endpoints": [endpoint]}))
        pipeline = {
            "source": {"paths": [f"s3://{BUCKET}/chats/"]},
            "sample": {"count": CONVERSATIONS},
            "classifiers": CLASSIFIERS,
            "shards": {"conversations": CONVERSATIONS // SHARDS},
            "batch": {"poll_min_s": 0.1},
        }
        self.files["--config"].write_text(json.dumps(pipeline))

    def semtel(self, *words: str, run_id: str, starts: bool = False) -> dict[str, Any]:
        files = [str(word) for pair in self.files.items() for word in pair] if starts else []
        said = semtel(*words, "--week", WEEK, "--run-id", run_id, *files, "--json", environment=self.environment)
        told: dict[str, Any] = json.loads(said)
        return told


@pytest.mark.slow
def test_a_week_in_a_bucket_lands_whole_and_is_not_paid_for_twice(
    environment: dict[str, str], s3_url: str, tmp_path: Path
) -> None:
    quick = {"labels": {"mode": "constant"}, "batch": {"validating_s": 0, "run_s": 600, "finalizing_s": 0}}
    with simulated_endpoint(SimulatorConfig.model_validate(quick)) as simulator:
        shell = Shell(environment, simulator, tmp_path)
        first = shell.semtel("run", run_id="first", starts=True)
        assert first["landed_rows"] == first["expected_rows"] == first["requests"] == ROWS
        assert first["by_status"] == {"success": ROWS}
        again = shell.semtel("run", run_id="again", starts=True)
        assert (again["landed_rows"], again["requests"], again["reused"]) == (ROWS, 0, ROWS)
        assert simulator.stats()["requests"] == ROWS

        # The second run took the first one's place among the week's labels.
        found = files_in(s3_url)
        labels = [name for name in found if name.startswith(f"lake/labels/week={WEEK}/")]
        assert labels[0].endswith("/_published.json")
        assert {name.split("/")[3] for name in labels[1:]} == {"run=again"}
        assert f"lake/reports/week={WEEK}/report.html" in found
        assert not any("semtel-" in name or name.endswith(".tmp") for name in found)
    assert not Path("s3:").exists()


@pytest.mark.slow
def test_batch_jobs_of_a_week_in_a_bucket_are_collected(environment: dict[str, str], s3_url: str, tmp_path: Path) -> None:
    quick = {"labels": {"mode": "constant"}, "batch": {"validating_s": 0, "run_s": 600, "finalizing_s": 0}}
    with simulated_endpoint(SimulatorConfig.model_validate(quick)) as simulator:
        shell = Shell(environment, simulator, tmp_path)
        shell.semtel("ingest", run_id="batch", starts=True)
        shell.semtel("batch", "submit", run_id="batch")
        assert shell.semtel("batch", "collect", "--wait", run_id="batch")["landed"] == SHARDS
        jobs = shell.semtel("batch", "list", run_id="batch")["jobs"]
        assert (len(jobs), sum(job["answered"] for job in jobs)) == (SHARDS, ROWS)
    assert sum(name.startswith(f"lake/landed/week={WEEK}/run=batch/") for name in files_in(s3_url)) == SHARDS

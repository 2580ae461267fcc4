"""`semtel classify` in whatever lane is asked for or chosen, over HTTP, without Airflow and without a database."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.errors import BudgetExceededError, ConfigError
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

COUNT = 40
PRICE = "{input_per_million: 1000, output_per_million: 1000}"  # dear, so that few conversations matter
QUICK = {"validating_s": 60, "run_s": 600, "finalizing_s": 60}


class Shell:
    """A folder with conversations, endpoints and a configuration, and the command in it."""

    def __init__(self, folder, simulator, *, lanes, pipeline="{}"):
        self.folder, self.simulator = folder, simulator
        lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"code {n}"}]} for n in range(COUNT)]
        (folder / "chats.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
        (folder / "pipeline.yaml").write_text(pipeline)
        (folder / "endpoints.yaml").write_text(
            f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small, lanes: [{lanes}], price: {PRICE}}}]"
        )

    def classify(self, *options):
        given = ["--classifiers", "topic", "--endpoints", str(self.folder / "endpoints.yaml"), "--json"]
        given += ["--config", str(self.folder / "pipeline.yaml"), "--out", str(self.folder / "out"), *options]
        return CliRunner().invoke(cli, ["classify", str(self.folder / "chats.jsonl"), *given])

    def manifest(self, *options):
        result = self.classify(*options)
        assert result.exit_code == 0, result.output
        manifest = json.loads((self.folder / "out" / "manifest.json").read_text())
        assert manifest["landed"] == manifest["sampled"] == COUNT
        return manifest, result.output

    def rows(self):
        return [row for path in (self.folder / "out" / "labels").glob("*.parquet") for row in read_rows(str(path))]

    def lanes(self):
        (path,) = (self.folder / "out" / "lake").glob("runs/week=*/run=*/lanes.json")
        return json.loads(path.read_text())


@pytest.fixture
def make_shell(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")  # a shell needs no ledger
    opened = []

    def make(lanes, pipeline="{}", **config):
        context = simulated_endpoint(SimulatorConfig.model_validate({"labels": {"mode": "constant"}, **config}))
        opened.append(context)
        return Shell(tmp_path, context.__enter__(), lanes=lanes, pipeline=pipeline)

    yield make
    for context in opened:
        context.__exit__(None, None, None)


def in_hours(hours):
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def test_with_time_enough_auto_takes_the_batch_and_says_why(make_shell):
    shell = make_shell("realtime, batch, flex", "batch: {poll_min_s: 0.1}", batch=QUICK)
    manifest, said = shell.manifest("--lane", "auto", "--deadline", in_hours(72))
    assert manifest["by_lane"] == {"batch": COUNT}
    assert "1 of 1 shards: lane batch, saves $" in said
    assert shell.lanes()["results"]["saved_usd"] == pytest.approx(manifest["cost_usd"])


def test_a_nearer_deadline_takes_flex_and_a_near_one_realtime(make_shell):
    shell = make_shell("realtime, batch, flex")
    manifest, said = shell.manifest("--lane", "auto", "--deadline", in_hours(2), "--run-id", "flex")
    assert manifest["by_lane"] == {"flex": COUNT}
    assert "flex saves $" in said
    assert shell.simulator.stats()["billed_by_tier"] == {"flex": COUNT}
    tight = "routing: {tokens_per_minute: 2000, flex_pace: 0.01}"
    (shell.folder / "pipeline.yaml").write_text(tight)
    _, said = shell.manifest("--lane", "auto", "--deadline", in_hours(2), "--run-id", "now")
    assert "lane realtime, a batch takes 24 h" in said
    assert "plus a reserve of 50%" in said


def test_flex_without_room_is_answered_by_the_standard_tier(make_shell):
    shell = make_shell("realtime, flex", flex={"unavailable": 1.0})
    manifest, _ = shell.manifest("--lane", "flex")
    assert manifest["by_lane"] == {"realtime": COUNT}
    stats = shell.simulator.stats()
    assert stats["billed_by_tier"] == {"default": COUNT}
    assert stats["answered_more_than_once"] == 0


def test_an_impossible_deadline_is_refused_before_anything_is_asked(make_shell):
    shell = make_shell("realtime, batch", "routing: {tokens_per_minute: 10}")
    result = shell.classify("--lane", "auto", "--deadline", in_hours(1))
    assert isinstance(result.exception, ConfigError)
    assert "cannot be met" in str(result.exception)
    assert shell.simulator.stats()["requests"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("lanes", ["batch", "realtime, batch"])
def test_a_budget_stops_the_batch_lane_and_raised_lets_it_go_on(make_shell, lanes):
    shell = make_shell(lanes, "batch: {poll_min_s: 0.1, settle_s: 0.2}", batch=QUICK)
    result = shell.classify("--lane", "batch", "--budget-usd", "3")
    assert isinstance(result.exception, BudgetExceededError)
    assert "the budget of $3.00 is used up" in str(result.exception)
    stats = shell.simulator.stats()
    asked = stats["answered_bodies"]
    assert 0 < asked < COUNT
    paid = (stats["input_tokens"] + stats["output_tokens"]) / 1e6 * 1_000 / 2
    assert paid <= 3
    manifest, _ = shell.manifest("--lane", "batch", "--budget-usd", "300")
    assert Counter(row["status"] for row in shell.rows()) == {"success": COUNT}
    assert shell.simulator.stats()["answered_more_than_once"] == 0
    assert manifest["cost_usd"] <= 300

"""Azure's manners in both lanes, over HTTP: deployments, no expiry, null counts, empty error files, batch-only deployments."""

import json

import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.endpoints import entra
from semtel_ops.errors import EndpointError
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.entra import FakeCredential
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

COUNT = 40
AZURE = {
    "labels": {"mode": "constant"},
    "quota": {"style": "azure"},
    "any_model": True,
    "batch": {
        "validating_s": 60, "run_s": 600, "finalizing_s": 60, "expires": False, "null_counts": True, "empty_error_file": True,
        "max_requests": 100_000,
    },
}  # fmt: skip


@pytest.fixture
def azure(tmp_path):
    """`azure(lane, lanes, …)`: `semtel classify` against a simulator that plays Azure; its result, manifest and statistics."""
    lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"code {n}"}]} for n in range(COUNT)]
    (tmp_path / "chats.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    (tmp_path / "pipeline.yaml").write_text("batch: {poll_min_s: 0.1, settle_s: 0.3}")

    def classify(lane, *, lanes="realtime, batch", auth="key", **config):
        with simulated_endpoint(SimulatorConfig.model_validate({**AZURE, **config})) as simulator:
            (tmp_path / "endpoints.yaml").write_text(
                f"endpoints: [{{name: east, kind: azure, base_url: '{simulator.azure_url}', model: gpt-4o-mini, "
                f"deployment: weekly, api_version: 2024-10-21, lanes: [{lanes}], auth: {auth}}}]"
            )
            given = ["--classifiers", "topic", "--endpoints", str(tmp_path / "endpoints.yaml"), "--lane", lane]
            given += ["--config", str(tmp_path / "pipeline.yaml"), "--out", str(tmp_path / lane), "--json"]
            result = CliRunner().invoke(cli, ["classify", str(tmp_path / "chats.jsonl"), *given])
            stats = simulator.stats()
        manifest = tmp_path / lane / "manifest.json"
        return result, json.loads(manifest.read_text()) if manifest.exists() else None, stats

    return classify


@pytest.mark.parametrize("lane", ["realtime", "batch"])
def test_every_row_lands_once_in_either_lane(azure, lane):
    result, manifest, stats = azure(lane)
    assert result.exit_code == 0, result.output
    assert (manifest["landed"], manifest["by_lane"], manifest["by_status"]) == (COUNT, {lane: COUNT}, {"success": COUNT})
    assert manifest["cost_usd"] > 0, "the price of the model, not of the deployment's name"
    assert stats["answered_more_than_once"] == 0


def test_a_job_without_a_window_s_end_is_waited_for(azure):
    batch = {**AZURE["batch"], "window_s": 100, "run_s": 3_600}
    result, manifest, _ = azure("batch", batch=batch)
    assert result.exit_code == 0, result.output
    assert manifest["by_status"] == {"success": COUNT}


def test_a_deployment_for_batches_alone_refuses_realtime_and_says_so(azure):
    only = {"models": {"weekly": {"batch_only": True}}}
    result, manifest, _ = azure("batch", lanes="batch", **only)
    assert manifest["by_lane"] == {"batch": COUNT}
    result, manifest, stats = azure("realtime", lanes="realtime", **only)
    assert isinstance(result.exception, EndpointError)
    assert "does not work with the specified model" in str(result.exception)
    assert (manifest, stats["answered_bodies"]) == (None, 0)


@pytest.mark.parametrize("lane", ["realtime", "batch"])
def test_an_identity_instead_of_a_key(azure, lane, monkeypatch):
    from semtel_ops.clock import SystemClock

    monkeypatch.setattr(entra, "is_installed", lambda: True)
    # Both lanes, and each endpoint's client, fetch a token of their own: all of them are the first of its credential.
    monkeypatch.setattr(entra, "default_credential", lambda: FakeCredential(SystemClock()))
    result, manifest, _ = azure(lane, auth="entra", api_keys=["token-1"])
    assert result.exit_code == 0, result.output
    assert manifest["by_status"] == {"success": COUNT}

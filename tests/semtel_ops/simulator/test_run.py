"""Over real sockets: what only a connection can suffer, and how the server starts and ends."""

import http.client
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import httpx
import openai
import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.simulator import SimulatorConfig, address_of, bind
from semtel_ops.testing.simulated_endpoint import simulated_endpoint, simulated_endpoint_process


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig.model_validate({"batch": {"time_factor": 1e6}, "hang_s": 0.2})) as running:
        yield running


@pytest.fixture(autouse=True)
def _well_again(endpoint):
    endpoint.configure(faults={}, outages=[], batch={"lost_create_replies": 0, "cut_downloads": 0})
    endpoint.clear_stats()


def post(endpoint, body, timeout=300):
    request = urllib.request.Request(f"{endpoint.base_url}/chat/completions", json.dumps(body).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=timeout) as reply:
        return json.load(reply)


def test_a_reset_is_a_reset(endpoint, chat_body):
    endpoint.configure(faults={"reset": 1})
    with pytest.raises(ConnectionResetError):
        post(endpoint, chat_body())
    assert endpoint.stats()["faults"] == {"reset": 1}


def test_a_cut_body_promises_more_than_it_gives(endpoint, chat_body):
    endpoint.configure(faults={"cut": 1})
    with pytest.raises(http.client.IncompleteRead) as cut:
        post(endpoint, chat_body())
    assert cut.value.expected > 0
    assert endpoint.requests()["answered_bodies"] == 0


def test_a_hanging_request_outlasts_the_client(endpoint, chat_body):
    endpoint.configure(faults={"hang": 1}, hang_s=30)
    with pytest.raises(TimeoutError):
        post(endpoint, chat_body(), timeout=0.2)


def test_a_dead_endpoint_resets_and_a_revived_one_answers(endpoint, chat_body):
    endpoint.configure(outages=[{"for_s": 1_000}])
    with pytest.raises((ConnectionResetError, urllib.error.URLError)):
        post(endpoint, chat_body())
    endpoint.configure(outages=[])
    assert post(endpoint, chat_body())["object"] == "chat.completion"


def test_a_lost_creation_leaves_an_orphan_that_can_be_found(endpoint, chat_body):
    client = openai.OpenAI(base_url=endpoint.base_url, api_key="any", max_retries=0)
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": chat_body()}
    held = client.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch")
    endpoint.configure(batch={"lost_create_replies": 1})
    with pytest.raises(openai.APIConnectionError):
        client.batches.create(
            input_file_id=held.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"intent": "i1"}
        )
    (orphan,) = [job for job in client.batches.list() if job.metadata == {"intent": "i1"}]
    assert orphan.input_file_id == held.id
    client.close()


def test_openais_own_client_reads_every_kind_of_reply(endpoint, chat_body):
    with openai.OpenAI(base_url=endpoint.base_url, api_key="any", max_retries=0) as client:
        reply = client.chat.completions.create(**chat_body())
        assert json.loads(reply.choices[0].message.content) == {"label": "technology"}
        assert len(client.embeddings.create(model="e", input=["a b", "c"]).data[1].embedding) == 256
        assert [model.id for model in client.models.list()] == ["simulated-small", "simulated-large"]
        line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": chat_body()}
        held = client.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch")
        job = client.batches.create(input_file_id=held.id, endpoint="/v1/chat/completions", completion_window="24h")
        while job.status not in {"completed", "failed"}:
            job = client.batches.retrieve(job.id)
        assert json.loads(client.files.content(job.output_file_id).text)["custom_id"] == "a"
        endpoint.configure(batch={"cut_downloads": 1})
        with pytest.raises(openai.APIConnectionError):
            client.files.content(job.output_file_id).text  # noqa: B018


def test_openais_azure_client_reads_it_too(endpoint, chat_body):
    with openai.AzureOpenAI(
        azure_endpoint=endpoint.azure_url, api_key="any", api_version="2024-10-21", max_retries=0
    ) as client:
        assert client.chat.completions.create(**chat_body(model="gpt-east")).model == "gpt-east"


def test_a_process_of_its_own_ends_quietly():
    command = [sys.executable, "-W", "error", "-m", "semtel_ops.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=300)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_configuration_reaches_a_process_of_its_own(chat_body):
    config = SimulatorConfig.model_validate({"faults": {"500": 1}})
    with simulated_endpoint_process(config) as running:
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(running, chat_body())
        refused.value.close()
        assert running.stats()["by_path"] == {"chat/completions": {"500": 1}}


def test_a_port_in_use_is_one_clear_line():
    held = bind("127.0.0.1", 0)
    held.listen()
    port = int(address_of(held).rpartition(":")[2])
    with pytest.raises(ConfigError, match="--port 0"):
        bind("127.0.0.1", port)
    held.close()


def test_a_test_can_ask_for_the_truth_and_change_what_an_alias_serves():
    config = {
        "truth": {"topic": {"technology": "software", "other": "else"}},
        "models": {"simulated-a": {}, "simulated-b": {}, "simulated-latest": {"serves": [{"model": "simulated-a"}]}},
    }
    with simulated_endpoint(SimulatorConfig.model_validate(config)) as running:
        assert running.truth("topic", [[{"role": "user", "content": "software"}], []]) == ["technology", "other"]
        assert "simulated-latest is an alias: simulated-a." in running.planted()["words"]
        running.serve("simulated-latest", "simulated-b")
        body = {"model": "simulated-latest", "messages": [{"role": "user", "content": "hello"}]}
        reply = httpx.post(f"{running.base_url}/chat/completions", json=body).json()
    assert reply["model"] == "simulated-b"

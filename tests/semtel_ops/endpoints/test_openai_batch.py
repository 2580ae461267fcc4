"""Files and batches over real HTTP, in OpenAI's manner and in Azure's; whatever a server does is an error of ours."""

import io
import time
from collections.abc import Callable, Iterator

import httpx2
import openai
import orjson
import pytest

from semtel_ops.endpoints.batch_client import BatchClient, RemoteStatus
from semtel_ops.endpoints.factory import batch_client
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.endpoints.openai_batch import OpenAIBatchClient
from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint, simulated_endpoint


def line(number: int, model: str = "m") -> bytes:
    body = {"model": model, "messages": [{"role": "user", "content": f"hello {number}"}], "max_tokens": 5}
    return orjson.dumps({"custom_id": f"{number:032x}", "method": "POST", "url": "/v1/chat/completions", "body": body}) + b"\n"


@pytest.fixture
def simulator() -> Iterator[SimulatedEndpoint]:
    quick = {"batch": {"validating_s": 0, "run_s": 60, "finalizing_s": 0}}
    with simulated_endpoint(SimulatorConfig.model_validate(quick)) as running:
        yield running


@pytest.fixture(params=["openai", "azure"])
def client(request: pytest.FixtureRequest, simulator: SimulatedEndpoint) -> Iterator[BatchClient]:
    if request.param == "azure":
        options = AzureOptions(deployment="dep", api_version="2024-10-21")
        endpoint = Endpoint("z", "azure", simulator.azure_url, "m", "key", options=options)
    else:
        endpoint = Endpoint("o", "openai", simulator.base_url, "m", "key")
    opened = batch_client(endpoint)
    yield opened
    opened.close()


def ended(client: BatchClient, job_id: str):
    while not (job := client.retrieve(job_id)).status.ended:
        time.sleep(0.02)
    return job


def download(client: BatchClient, file_id: str, sink: io.BytesIO | None = None) -> bytes:
    sink = sink or io.BytesIO()
    client.download(file_id, sink)
    return sink.getvalue()


def test_a_file_becomes_a_job_and_its_results(client: BatchClient) -> None:
    content = b"".join(line(number) for number in range(10))
    file = client.upload(io.BytesIO(content), "semtel-job.jsonl")
    assert (file.name, file.size_bytes) == ("semtel-job.jsonl", len(content))
    made = client.create(file.id, {"semtel_job": "k"})
    assert (made.metadata, made.input_file_id) == ({"semtel_job": "k"}, file.id)
    job = ended(client, made.id)
    assert (job.status, job.total, job.completed, job.error_file_id) == (RemoteStatus.COMPLETED, 10, 10, None)
    results = [orjson.loads(one) for one in download(client, job.output_file_id or "").splitlines()]
    assert sorted(one["custom_id"] for one in results) == [f"{number:032x}" for number in range(10)]
    assert next(client.jobs()).id == job.id
    assert file.id in {held.id for held in client.files()}
    client.delete_file(file.id)
    client.delete_file(file.id)
    assert file.id not in {held.id for held in client.files()}


def test_lists_are_read_to_their_end(client: BatchClient) -> None:
    file = client.upload(io.BytesIO(line(0)), "in.jsonl")
    made = [client.create(file.id, {"n": str(number)}).id for number in range(120)]
    assert [job.id for job in client.jobs()] == made[::-1]


def test_a_failed_validation_names_code_and_line(client: BatchClient) -> None:
    file = client.upload(io.BytesIO(line(1) + b"{half\n"), "in.jsonl")
    job = ended(client, client.create(file.id, {}).id)
    assert job.status is RemoteStatus.FAILED
    assert [(fault.code, fault.line) for fault in job.faults] == [("invalid_json_line", 2)]


def test_empty_ids_and_null_counts_are_none(client: BatchClient, simulator: SimulatedEndpoint) -> None:
    simulator.configure(batch={"null_counts": True, "validating_s": 3_600_000})
    job = client.create(client.upload(io.BytesIO(line(1)), "in.jsonl").id, {})
    assert (job.output_file_id, job.error_file_id, job.total, job.completed) == (None, None, None, None)


def test_cancelling_an_ended_job_leaves_it(client: BatchClient) -> None:
    job = client.create(client.upload(io.BytesIO(line(1)), "in.jsonl").id, {})
    ended(client, job.id)
    client.cancel(job.id)
    assert client.retrieve(job.id).status is RemoteStatus.COMPLETED


def test_a_cut_download_is_a_connection_error_and_begun_again(client: BatchClient, simulator: SimulatedEndpoint) -> None:
    content = b"".join(line(number) for number in range(50))
    file = client.upload(io.BytesIO(content), "in.jsonl")
    simulator.configure(batch={"cut_downloads": 1.0})
    sink = io.BytesIO()
    with pytest.raises(EndpointError) as caught:
        client.download(file.id, sink)
    assert caught.value.kind is EndpointErrorKind.CONNECTION
    assert 0 < sink.tell() < len(content)
    simulator.configure(batch={"cut_downloads": 0.0})
    assert download(client, file.id, sink) == content


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429", EndpointErrorKind.RATE_LIMITED),
        ("500", EndpointErrorKind.SERVER_ERROR),
        ("503", EndpointErrorKind.OVERLOADED),
        ("reset", EndpointErrorKind.CONNECTION),
    ],
)
def test_refusals_are_told_apart_and_never_tried_again(
    client: BatchClient, simulator: SimulatedEndpoint, fault: str, kind: EndpointErrorKind
) -> None:
    simulator.configure(batch={"call_faults": {fault: 1.0}})
    simulator.clear_stats()
    with pytest.raises(EndpointError) as caught:
        client.retrieve("batch_x")
    assert caught.value.kind is kind
    assert sum(simulator.stats()["by_path"]["GET batches/{id}"].values()) == 1


def test_what_is_not_there_is_404_and_a_full_queue_says_so(client: BatchClient, simulator: SimulatedEndpoint) -> None:
    with pytest.raises(EndpointError) as caught:
        client.retrieve("batch_none")
    assert caught.value.status == 404
    simulator.configure(batch={"enqueued_tokens": 1, "refuses_at": "create"})
    file = client.upload(io.BytesIO(line(1)), "in.jsonl")
    with pytest.raises(EndpointError) as caught:
        client.create(file.id, {})
    assert caught.value.code == "token_limit_exceeded"


def test_the_key_is_in_no_repr(client: BatchClient) -> None:
    assert "key" not in repr(client.endpoint).replace("api_key", "")


def scripted(answer: Callable[[httpx2.Request], httpx2.Response]) -> OpenAIBatchClient:
    transport = httpx2.Client(transport=httpx2.MockTransport(answer))
    endpoint = Endpoint("o", "openai", "http://127.0.0.1/v1", "m", "key")
    return OpenAIBatchClient(
        endpoint,
        make_sdk=lambda at, **common: openai.OpenAI(base_url=at.base_url, api_key="key", **common | {"http_client": transport}),
    )


@pytest.mark.parametrize("status", [400, 422])
def test_a_job_is_created_without_metadata_where_they_are_refused(status: int) -> None:
    bodies = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(orjson.loads(request.content))
        if "metadata" in bodies[-1]:
            return httpx2.Response(status, json={"message": "metadata: property 'metadata' is unsupported"})
        return httpx2.Response(200, json={"id": "b", "status": "queued", "input_file_id": "f"})

    assert scripted(answer).create("f", {"semtel_job": "k"}).id == "b"
    assert ["metadata" in body for body in bodies] == [True, False]


def test_a_list_that_begins_again_after_its_last_page_ends() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        page = "b" if request.url.params.get("after") == "a" else "a"
        return httpx2.Response(200, json={"data": [{"id": page, "status": "queued"}], "has_more": True})

    assert [job.id for job in scripted(answer).jobs()][:2] == ["a", "b"]

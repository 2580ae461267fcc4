import json

import pytest

HOUR = {"batch": {"time_factor": 1, "validating_s": 60, "run_s": 3_600, "finalizing_s": 60}}


def with_batch(**more):
    return {"batch": HOUR["batch"] | more}


def line_of(body, custom_id, url="/v1/chat/completions"):
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body}


async def upload(client, lines, *, raw=None):
    data = raw if raw is not None else "".join(json.dumps(line) + "\n" for line in lines).encode()
    reply = await client.post("/v1/files", files={"file": ("in.jsonl", data)}, data={"purpose": "batch"})
    assert reply.status_code == 200, reply.text
    return reply.json()


async def create(client, lines=(), *, raw=None, **more):
    held = await upload(client, lines, raw=raw)
    body = {"input_file_id": held["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"} | more
    return await client.post("/v1/batches", json=body)


async def get(client, job):
    return (await client.get(f"/v1/batches/{job['id']}")).json()


async def rows(client, file_id):
    if file_id is None:
        return []
    reply = await client.get(f"/v1/files/{file_id}/content")
    assert reply.status_code == 200
    return [json.loads(line) for line in reply.content.decode("utf-8-sig").splitlines()]


@pytest.fixture
def lines(chat_body):
    return [line_of(chat_body(f"code number {number}"), f"c{number}") for number in range(200)]


async def test_a_job_goes_through_its_states_and_every_line_is_answered(simulator, gated_clock, lines):
    async with simulator(HOUR, gated_clock) as client:
        job = (await create(client, lines, metadata={"run": "r1"})).json()
        assert (job["status"], job["metadata"], job["request_counts"]["total"]) == ("validating", {"run": "r1"}, 0)
        states = []
        for seconds in (61, 1_800, 1_810, 60):
            await gated_clock.advance(seconds)
            job = await get(client, job)
            states.append((job["status"], job["request_counts"]["completed"]))
        assert [state for state, _ in states] == ["in_progress", "in_progress", "finalizing", "completed"]
        assert 0 < states[1][1] < 200
        assert job["output_file_id"]
        assert job["error_file_id"] is None
        found = await rows(client, job["output_file_id"])
    assert sorted(row["custom_id"] for row in found) == sorted(line["custom_id"] for line in lines)
    # Results come in another order than the lines.
    assert [row["custom_id"] for row in found] != [line["custom_id"] for line in lines]
    body = found[0]["response"]["body"]
    assert (found[0]["response"]["status_code"], found[0]["error"]) == (200, None)
    assert json.loads(body["choices"][0]["message"]["content"]) == {"label": "technology"}
    assert job["usage"]["output_tokens"] == 200 * body["usage"]["completion_tokens"]
    assert job["in_progress_at"] < job["finalizing_at"] < job["completed_at"] < job["expires_at"]


async def test_an_expired_job_keeps_what_it_had_and_names_what_it_had_not(simulator, gated_clock, lines):
    async with simulator(with_batch(window_s=1_860), gated_clock) as client:
        job = (await create(client, lines)).json()
        await gated_clock.advance(4_000)
        job = await get(client, job)
        done, late = await rows(client, job["output_file_id"]), await rows(client, job["error_file_id"])
    counts = job["request_counts"]
    assert job["status"] == "expired"
    assert 0 < len(done) == counts["completed"] < 200
    # request_counts leave out what was never tried.
    assert counts["total"] - counts["completed"] - counts["failed"] == len(late)
    assert {row["error"]["code"] for row in late} == {"batch_expired"}
    assert len(done) + len(late) == 200


async def test_a_job_that_stands_still_goes_on_when_it_may(simulator, gated_clock, lines):
    async with simulator(with_batch(stalls_at=0.5), gated_clock) as client:
        job = (await create(client, lines)).json()
        await gated_clock.advance(60 + 1_800 + 2)
        assert (await get(client, job))["request_counts"]["completed"] == 100
        await client.post("/_sim/config", json={"batch": {"stalls_at": None}})
        await gated_clock.advance(1_900)
        job = await get(client, job)
    assert (job["status"], job["request_counts"]["completed"]) == ("completed", 200)


async def test_a_job_that_stands_still_can_be_cancelled(simulator, gated_clock, lines):
    async with simulator(with_batch(stalls_at=0.5), gated_clock) as client:
        job = (await create(client, lines)).json()
        await gated_clock.advance(60 + 1_800 + 1)
        await client.post(f"/v1/batches/{job['id']}/cancel")
        await gated_clock.advance(61)
        job = await get(client, job)
    assert (job["status"], job["request_counts"]["completed"]) == ("cancelled", 100)


async def test_on_azure_a_late_job_runs_on(simulator, gated_clock, lines):
    async with simulator(with_batch(window_s=1_860, expires=False), gated_clock) as client:
        job = (await create(client, lines)).json()
        await gated_clock.advance(4_000)
        assert (await get(client, job))["status"] == "completed"


async def test_a_cancelled_job_gives_what_it_had(simulator, gated_clock, lines):
    async with simulator(HOUR, gated_clock) as client:
        job = (await create(client, lines)).json()
        await gated_clock.advance(2_000)
        cancelling = (await client.post(f"/v1/batches/{job['id']}/cancel")).json()
        await gated_clock.advance(2_000)
        job = await get(client, job)
        again = await client.post(f"/v1/batches/{job['id']}/cancel")
        found = await rows(client, job["output_file_id"])
    assert (cancelling["status"], job["status"], again.status_code) == ("cancelling", "cancelled", 409)
    assert 0 < len(found) == job["request_counts"]["completed"] < 200


async def test_a_job_can_be_cancelled_before_it_begins(simulator, gated_clock, lines):
    async with simulator(HOUR, gated_clock) as client:
        job = (await create(client, lines)).json()
        await client.post(f"/v1/batches/{job['id']}/cancel")
        await gated_clock.advance(200)
        job = await get(client, job)
    assert (job["status"], job["output_file_id"], job["request_counts"]["completed"]) == ("cancelled", None, 0)


async def test_failed_lines_go_to_the_error_file_and_defects_do_not(simulator, gated_clock, lines):
    faults = {"500": 0.2, "near_miss": 0.2}
    async with simulator(with_batch(faults=faults), gated_clock) as client:
        job = (await create(client, lines)).json()
        await gated_clock.advance(4_000)
        job = await get(client, job)
        done, failed = await rows(client, job["output_file_id"]), await rows(client, job["error_file_id"])
    assert job["request_counts"] == {"total": 200, "completed": len(done), "failed": len(failed)}
    assert {row["response"]["status_code"] for row in failed} == {500}
    assert all(row["error"] is None for row in failed)
    texts = [row["response"]["body"]["choices"][0]["message"]["content"] for row in done]
    assert 15 < texts.count('{"label":"technologys"}') < 65


async def test_a_completed_job_may_have_only_an_error_file(simulator, gated_clock, lines):
    async with simulator(with_batch(faults={"content_filter_400": 1}), gated_clock) as client:
        job = (await create(client, lines[:3])).json()
        await gated_clock.advance(4_000)
        job = await get(client, job)
    assert (job["status"], job["output_file_id"], bool(job["error_file_id"])) == ("completed", None, True)


async def test_lost_lines_are_in_neither_file(simulator, gated_clock, lines):
    async with simulator(with_batch(lost_lines=0.3), gated_clock) as client:
        job = (await create(client, lines)).json()
        await gated_clock.advance(4_000)
        job = await get(client, job)
        found = await rows(client, job["output_file_id"])
    assert job["request_counts"]["completed"] == 200
    assert 110 < len(found) < 170


async def test_azures_oddities(simulator, gated_clock, lines):
    odd = with_batch(null_counts=True, empty_error_file=True, output_bom=True, shuffle=False)
    async with simulator(odd, gated_clock) as client:
        job = (await create(client, lines, endpoint="/chat/completions")).json()
        running = await get(client, job)
        await gated_clock.advance(4_000)
        job = await get(client, job)
        raw = (await client.get(f"/v1/files/{job['output_file_id']}/content")).content
        errors = (await client.get(f"/v1/files/{job['error_file_id']}/content")).content
    assert (running["request_counts"], running["output_file_id"]) == (None, "")
    assert errors == b""
    assert raw.startswith(b"\xef\xbb\xbf")
    assert [json.loads(row)["custom_id"] for row in raw[3:].splitlines()] == [line["custom_id"] for line in lines]


def _bad_inputs(chat_body):
    good = line_of(chat_body(), "a")
    return {
        "empty_file": b"",
        "invalid_json_line": b"{not json}\n",
        "invalid_request": json.dumps({"custom_id": "a"}).encode(),
        "duplicate_custom_id": b"\n".join([json.dumps(good).encode()] * 2),
        "url_mismatch": json.dumps(good | {"url": "/v1/embeddings"}).encode(),
        "model_not_found": json.dumps(line_of(chat_body(model="no"), "a")).encode(),
        "model_mismatch": b"\n".join(
            json.dumps(line_of(chat_body(model=f"simulated-{size}"), size)).encode() for size in ("small", "large")
        ),
        "too_many_tasks": b"\n".join(json.dumps(good | {"custom_id": str(number)}).encode() for number in range(4)),
    }


@pytest.mark.parametrize(
    "code",
    [
        "empty_file",
        "invalid_json_line",
        "invalid_request",
        "duplicate_custom_id",
        "url_mismatch",
        "model_not_found",
        "model_mismatch",
        "too_many_tasks",
    ],
)
async def test_a_wrong_input_file_fails_in_validation(simulator, gated_clock, chat_body, code):
    config = with_batch(max_requests=3) | {"any_model": False}
    async with simulator(config, gated_clock) as client:
        job = (await create(client, raw=_bad_inputs(chat_body)[code])).json()
        await gated_clock.advance(100)
        job = await get(client, job)
    assert job["status"] == "failed"
    assert [error["code"] for error in job["errors"]["data"]] == [code]


async def test_a_byte_order_mark_is_rejected_with_a_misleading_message_or_skipped(simulator, gated_clock, lines):
    data = b"\xef\xbb\xbf" + "\n".join(map(json.dumps, lines[:3])).encode()
    async with simulator(HOUR, gated_clock) as client:
        rejected = (await create(client, raw=data)).json()
        await gated_clock.advance(4_000)
        rejected = await get(client, rejected)
        await client.post("/_sim/config", json={"batch": {"reject_bom": False}})
        taken = (await create(client, raw=data)).json()
        await gated_clock.advance(4_000)
        taken = await get(client, taken)
    assert rejected["errors"]["data"][0] | {"param": None} == {
        "code": "invalid_json_line",
        "message": "This line is not parseable as valid JSON.",
        "param": None,
        "line": 1,
    }
    assert (taken["status"], taken["request_counts"]["completed"]) == ("completed", 3)


async def test_the_enqueued_token_limit_shows_in_validation_and_frees_when_jobs_end(simulator, gated_clock, lines):
    async with simulator(with_batch(enqueued_tokens=12_000), gated_clock) as client:
        first = (await create(client, lines)).json()
        await gated_clock.advance(100)
        second = (await create(client, lines)).json()
        await gated_clock.advance(100)
        assert (await get(client, second))["errors"]["data"][0]["code"] == "token_limit_exceeded"
        await gated_clock.advance(4_000)
        assert (await get(client, first))["status"] == "completed"
        third = (await create(client, lines)).json()
        await gated_clock.advance(4_000)
        assert (await get(client, third))["status"] == "completed"


async def test_the_enqueued_token_limit_can_refuse_at_once(simulator, gated_clock, lines):
    async with simulator(with_batch(enqueued_tokens=50, refuses_at="create"), gated_clock) as client:
        reply = await create(client, lines)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "token_limit_exceeded")


async def test_jobs_are_listed_newest_first_in_pages(simulator, gated_clock, lines):
    async with simulator(HOUR, gated_clock) as client:
        made = [(await create(client, lines[:1], metadata={"n": str(number)})).json()["id"] for number in range(5)]
        first = (await client.get("/v1/batches?limit=2")).json()
        rest = (await client.get(f"/v1/batches?limit=10&after={first['last_id']}")).json()
        bad = [(await client.get(f"/v1/batches?{query}")).status_code for query in ("limit=0", "limit=x", "after=nobody")]
    assert [job["id"] for job in first["data"] + rest["data"]] == made[::-1]
    assert (first["has_more"], rest["has_more"], bad) == (True, False, [400, 400, 400])


async def test_files_can_be_listed_read_and_deleted(simulator, lines):
    async with simulator() as client:
        held = await upload(client, lines[:2])
        listed = (await client.get("/v1/files?purpose=batch")).json()["data"]
        text = (await client.get(f"/openai/files/{held['id']}/content?api-version=1")).text
        deleted = (await client.delete(f"/v1/files/{held['id']}")).json()
        gone = [(await client.get(f"/v1/files/{held['id']}{end}")).status_code for end in ("", "/content")]
    assert ([one["id"] for one in listed], len(text.splitlines())) == ([held["id"]], 2)
    assert held["bytes"] == len(text.encode())
    assert (deleted["deleted"], gone) == (True, [404, 404])


async def test_an_input_deleted_while_its_job_waits_fails_the_job(simulator, gated_clock, lines):
    async with simulator(HOUR, gated_clock) as client:
        job = (await create(client, lines)).json()
        await gated_clock.advance(1)
        await client.delete(f"/v1/files/{job['input_file_id']}")
        await gated_clock.advance(4_000)
        job = await get(client, job)
    assert (job["status"], job["errors"]["data"][0]["code"]) == ("failed", "input_modified")


@pytest.mark.parametrize(
    "change",
    [
        {"input_file_id": "file-none"},
        {"endpoint": "/v1/images"},
        {"completion_window": "1h"},
        {"metadata": {"k": 1}},
        {"metadata": {str(number): "" for number in range(17)}},
        {"metadata": {"k": "v" * 513}},
    ],
)
async def test_a_wrong_creation_is_400_and_makes_no_job(simulator, lines, change):
    async with simulator() as client:
        reply = await create(client, lines[:1], **change)
        assert reply.status_code == 400
        assert (await client.get("/v1/batches")).json()["data"] == []


async def test_uploads_need_a_file_a_purpose_and_a_size_that_fits(simulator):
    async with simulator({"batch": {"max_file_mb": 0.001}}) as client:
        statuses = [
            (await client.post("/v1/files", files={"file": ("a", b"x")})).status_code,
            (await client.post("/v1/files", data={"purpose": "batch"})).status_code,
            (await client.post("/v1/files", files={"file": ("a", b"x" * 2_000)}, data={"purpose": "batch"})).status_code,
        ]
    assert statuses == [400, 400, 413]


async def test_calls_can_fail_without_any_effect(simulator, lines):
    async with simulator() as client:
        held = await upload(client, lines[:1])
        await client.post("/_sim/config", json={"batch": {"call_faults": {"503": 1}}})
        body = {"input_file_id": held["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        assert (await client.post("/v1/batches", json=body)).status_code == 503
        await client.post("/_sim/config", json={"batch": {"call_faults": {}}})
        assert (await client.get("/v1/batches")).json()["data"] == []


async def test_batch_and_realtime_know_the_same_question(simulator, gated_clock, lines):
    async with simulator(HOUR, gated_clock) as client:
        await create(client, lines[:2])
        await gated_clock.advance(4_000)
        await client.post("/v1/chat/completions", json=lines[0]["body"])
        seen = (await client.get("/_sim/requests")).json()
    assert (seen["distinct_bodies"], seen["answered_more_than_once"]) == (2, 1)


async def test_embeddings_have_a_batch_lane(simulator, gated_clock):
    lines = [line_of({"model": "e", "input": f"text {n}"}, f"c{n}", "/v1/embeddings") for n in range(3)]
    async with simulator(HOUR, gated_clock) as client:
        job = (await create(client, lines, endpoint="/v1/embeddings")).json()
        await gated_clock.advance(4_000)
        job = await get(client, job)
        found = await rows(client, job["output_file_id"])
    assert len(found[0]["response"]["body"]["data"][0]["embedding"]) == 256

"""Whatever a provider sends, in either lane: no crash, every row one true status, and nothing is paid for twice.

Replies and refusals are drawn from those that servers have sent, from good replies with something wrong, and from noise. No socket
and no real waiting are involved: only the transport and the batch provider are replaced.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semtel_ops.endpoints import openai_chat
from semtel_ops.endpoints.openai_chat import OpenAIChatClient
from semtel_ops.endpoints.rate_headers import rate_limits_from
from semtel_ops.endpoints.transport import HttpReply, HttpTransport
from semtel_ops.errors import EndpointError, SemtelError
from semtel_ops.steps.classify import classify_shard
from semtel_ops.testing.batch_provider import answered
from semtel_ops.words import RowStatus
from tests.support.recorded_refusals import RECORDED
from tests.support.shards import ShardBench, prepared_row, write_prepared

CONVERSATIONS, MEMBERS = 4, 8
SECRET = "the zebra's birthday party at noon"
ECHO = "echo"
"""A refusal that quotes the request."""
LOST = "lost"
"""A line that the batch provider loses."""

CONTENTS = st.sampled_from(
    [
        "", "No, I can't help with that.", '{"label": "sci', '<think>{"label": "health"}', "science, health", "\ud800", "\x00",
        '{"label": "nonsense"}', [{"type": "thinking", "thinking": "science"}], [{"type": "text", "text": "?"}], {}, 7, None, True,
    ]
)  # fmt: skip
FINISH = st.sampled_from(["stop", "length", "error", "sensitive", "SAFETY", "end_turn", None, 5, {}])
USAGE = st.sampled_from(
    [
        None,
        {},
        {"prompt_tokens": 2**64 - 5, "completion_tokens": 1},
        {"prompt_tokens": -1, "completion_tokens": 1.5},
        "many",
        [7],
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "date"]),
    st.sampled_from(["0", "-1", "nan", "1e400", "1795867200", "6m0s", "Sat, 28 Nov 2026 00:00:00 GMT", "soon", "inf", "86400"]),
    max_size=3,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "choices", "message", "code", "detail", "usage", "id"]), inner, max_size=3)
    ),
    max_leaves=8,
)
STATUSES = st.sampled_from(
    [200, 201, 204, 301, 400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 425, 429, 498, 500, 502, 503, 529]
)


@st.composite
def bad_completions(draw: st.DrawFn) -> tuple[int, dict[str, str], bytes]:
    choice = {"index": 0, "message": {"role": "assistant", "content": draw(CONTENTS)}, "finish_reason": draw(FINISH)}
    body = {"model": draw(st.sampled_from(["m", None, 7])), "choices": [choice], "usage": draw(USAGE)}
    return 200, draw(HEADERS), json.dumps(body).encode()


BAD = (
    bad_completions()
    | st.tuples(st.sampled_from(RECORDED), HEADERS).map(lambda drawn: (drawn[0].status, drawn[1], _raw(drawn[0].body)))
    | st.tuples(STATUSES, HEADERS, JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
)
"""Status, headers and body of a reply; None stands for a good reply."""


def _raw(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def good_answer(sent: str) -> str:
    return '{"label": "science"}' if "history_and_law" in sent else '{"label": "yes"}'


class PlayedTransport(HttpTransport):
    """Plays replies in order, and good ones after them.

    Attributes:
        paid: the messages of every request that got a good reply.
    """

    def __init__(self, name: str, *, replies: Iterator[Any], paid: Counter[str], **options: Any) -> None:
        super().__init__(name, **options)
        self.replies, self.paid = replies, paid

    async def _exchange(
        self, method: str, url: str, body: bytes | None, timeout_s: float, headers: Mapping[str, str] | None
    ) -> HttpReply:
        sent = json.loads(body or b"{}")
        reply = next(self.replies, None)
        messages = json.dumps(sent["messages"])
        if reply == ECHO:
            reply = 400, {}, json.dumps({"error": {"message": f"cannot read {sent['messages'][-1]['content']}"}}).encode()
        elif reply is None:
            self.paid[messages] += 1
            choice = {"index": 0, "message": {"role": "assistant", "content": good_answer(messages)}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 100, "completion_tokens": 5}
            reply = (200, {}, json.dumps({"model": "m", "choices": [choice], "usage": usage}).encode())
        status, given, raw = reply
        if status != 200:
            raise self.refusal(status, given, raw, body or b"")
        return HttpReply(raw, 0.01, rate_limits_from(given, self._clock.now()))


def bench_of(folder: Path, **fields: Any) -> ShardBench:
    bench = ShardBench(folder, conversations=CONVERSATIONS, **fields)
    turns = [[{"role": "user", "content": f"What about {SECRET}, part {number}?"}] for number in range(CONVERSATIONS)]
    write_prepared(bench.plan, [prepared_row(number, turns=turns[number]) for number in range(CONVERSATIONS)])
    return bench


def check_rows(bench: ShardBench) -> None:
    rows = bench.rows()
    assert len(rows) == MEMBERS
    assert len({(row["conversation_id"], row["classifier"]) for row in rows}) == MEMBERS
    for row in rows:
        assert row["status"] in {status.value for status in RowStatus}
        assert (row["label"] is not None) is (row["status"] == "success"), row
        assert row["cost_usd"] is None or row["cost_usd"] >= 0
        if row["status"] == "success":
            assert row["label"] == ("science" if row["classifier"] == "topic" else "yes")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(replies=st.lists(st.none() | BAD | st.just(ECHO), max_size=30))
def test_in_realtime(tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture, replies: list[Any]) -> None:
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    bench, paid = bench_of(tmp_path_factory.mktemp("realtime")), Counter[str]()
    resources = replace(bench.resources, make_chat_client=OpenAIChatClient)
    # The same command twice, the second time with nothing but good replies.
    for played in (iter(replies), iter(())):
        ended = None
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(openai_chat, "HttpTransport", partial(PlayedTransport, replies=played, paid=paid))
            try:
                classify_shard(bench.ref, resources=resources)
            except EndpointError as error:
                ended = str(error)
        if ended is None:
            check_rows(bench)
        else:
            assert "No endpoint is left" in ended
    assert ended is None
    assert {row["error"] for row in bench.rows()}.isdisjoint({"server_error", "rate_limited", "overloaded", "timeout"})
    assert max(paid.values(), default=1) == 1
    assert SECRET not in caplog.text
    assert not any(record.exc_info for record in caplog.records)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(replies=st.lists(st.none() | BAD | st.just(LOST), max_size=20))
def test_in_batches(tmp_path_factory: pytest.TempPathFactory, replies: list[Any]) -> None:
    bench = bench_of(tmp_path_factory.mktemp("batch"), lanes=("batch",))
    played, paid = iter(replies), Counter[str]()

    def answer(line: dict[str, Any]) -> dict[str, Any] | None:
        reply = next(played, None)
        if reply == LOST:
            return None
        if reply is None:
            paid[line["custom_id"]] += 1
            return answered(line, good_answer(json.dumps(line["body"]["messages"])))
        status, _, raw = reply
        body: Any = raw.decode("utf-8", "replace")
        with suppress(ValueError):
            body = json.loads(body)
        return {"custom_id": line["custom_id"], "response": {"status_code": status, "body": body}, "error": None}

    bench.provider.answer = answer
    for _ in range(2):
        try:
            bench.run_batches()
        except SemtelError:
            continue
        check_rows(bench)
    assert max(paid.values(), default=1) == 1
    assert len(set(bench.provider.created)) == len(bench.provider.created)
